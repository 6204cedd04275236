"""A plugin that does whatever a test asks of it, and where plugins are put."""
import os
import textwrap

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

HELLO = """
    import { definePlugin, operator, sensor, notifier, SkipTask, FailTask } from 'vortex/plugin'

    let pokes = 0
    export const plugin = definePlugin({
      api: 1,
      name: 'hello',
      operators: {
        HelloOperator: operator({
          description: 'Says hello.',
          config: {
            type: 'object',
            properties: {
              who: { type: 'string', description: 'Who is greeted' },
              times: { type: 'integer', minimum: 1, default: 1 },
              mode: { enum: ['ask', 'skip', 'fail', 'throw', 'exit', 'never', 'wait', 'echo'], default: 'echo' },
              more: { type: 'object', additionalProperties: { type: 'string' } },
            },
            required: ['who'],
            additionalProperties: false,
          },
          templateFields: ['who', 'times', 'more'],
          async execute(config, context) {
            context.log.info(`hello ${config.who}`)
            if (config.mode === 'skip') throw new SkipTask('nothing to do')
            if (config.mode === 'fail') throw new FailTask('for good')
            if (config.mode === 'throw') throw new TypeError('oops')
            if (config.mode === 'exit') process.exit(3)
            if (config.mode === 'never') await new Promise(() => undefined)
            if (config.mode === 'wait') {
              const timer = setInterval(() => undefined, 1000)
              console.log('waiting')
              await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
              clearInterval(timer)
              console.log('cleaned up')
              throw context.signal.reason
            }
            if (config.mode !== 'ask') return config
            const { password } = await context.connection('shop')
            await context.mask({ inner: 'own secret' })
            await context.xcom.push('left', { a: [1] })
            const missing = await context.connection('nowhere').catch((error) => error.message)
            const { dag_id, run_id, task_id, map_index, attempt, logical_date, params } = context
            const about = [dag_id, run_id, task_id, map_index, attempt, logical_date, params]
            return { about, password, missing, variable: await context.variable('v'), none: await context.variable('w'), up: await context.xcom.pull({ task_ids: 'up' }) }
          },
        }),
      },
      sensors: {
        HelloSensor: sensor({
          description: 'Waits for the third poke.',
          config: { type: 'object', properties: {} },
          poke() {
            pokes += 1
            return pokes === 3 ? { done: true, value: pokes } : false
          },
        }),
      },
      notifiers: {
        HelloNotifier: notifier({
          description: 'Tells.',
          config: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false },
          notify: (config, context) => console.log(`told: ${config.text} ${context.state} ${context.reason}`),
        }),
      },
    })
"""


def write(folder, name, text):
    path = folder / "plugins" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    path.chmod(0o644)
    return path
