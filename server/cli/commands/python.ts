/** `vortex python FILE`: the DAGs' own Python, with `airflow` served by VORTEX. */
export { registerPython as register } from '../inProcess.ts'
