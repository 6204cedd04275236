/** Texts about plugins. */
export const pluginsStrings = {
  plugins: {
    title: 'Plugins',
    shipped: 'brought by VORTEX',
    disabled: 'disabled',
    works: 'works',
    none: 'There are no plugins in the DAG folder.',
    report: 'What its code threw',
  },
}
