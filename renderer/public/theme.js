// Sets the colour scheme before the first paint, so that a dark page never flashes white. A file of its own: inline scripts are refused.
// Only the attribute: `color-scheme` follows it in the style sheet, and an inline one would stay when the system changes.
;(() => {
  let chosen = null
  try {
    chosen = localStorage.getItem('vortex-color-scheme')
  } catch {
    // Storage is refused in some private windows; the system's scheme is used.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
