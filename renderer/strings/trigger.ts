/** Texts of the trigger dialog. */

export const triggerStrings = {
  trigger: {
    title: (id: string) => `Trigger ${id}`,
    enterAs: 'Enter the params as',
    form: 'Form',
    json: 'JSON',
    logicalDate: 'Logical date',
    logicalDateHint: (zone: string) => `In ${zone}. Empty: now.`,
    noParams: 'This DAG declares no params. Conf can still be given as JSON.',
    note: 'Note',
    runId: 'Run id',
    runIdHint: 'Empty: made by the server.',
    advanced: 'More options',
    submit: 'Trigger',
    badJson: (message: string) => `This is not JSON: ${message}`,
    notObject: 'Conf must be a JSON object.',
    required: 'A value is needed.',
    started: (run: string) => `Started ${run}`,
    openRun: 'Open the run',
    pausedHint: 'The DAG is paused. This run starts all the same.',
    unpauseToo: 'Unpause the DAG',
    listHint: 'One value per line',
    conf: 'Conf',
    number: 'A number is needed.',
    params: (list: string) => `The conf does not fit the params: ${list}`,
  },
}
