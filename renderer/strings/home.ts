/** Texts of Home. */

export const homeStrings = {
  home: {
    title: 'Home',
  },
}
