/** Mantine's theme: compact (a data tool shows many rows), one primary colour that is no state's colour. */
import { createTheme, type AlertProps, type CSSVariablesResolver } from '@mantine/core'
import { stateVariables } from './stateColors.ts'

const FONT = "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, 'Open Sans', sans-serif"

/** Dark surfaces with the page's own hue: [0] text, [2] dimmed, [4] borders, [6] inputs, [7] page (styles/tokens.css). */
const DARK = ['#d5dae1', '#b8bfc9', '#9aa3af', '#6b7480', '#3a404b', '#2d323b', '#20242c', '#16181d', '#121419', '#0d0f13'] as const

/** A title is no smaller than the headings below it; a dialog that has the focus itself is seen to be there. */
const DIALOG_STYLES = {
  content: { outline: 'none' },
  title: { fontSize: 17, fontWeight: 600, lineHeight: 1.35, overflowWrap: 'anywhere' },
} as const
/** Words and icons in a colour of their own; the palette's own choice for dark pages is nearly white. */
const DARK_INKS = Object.fromEntries(
  ['indigo', 'red', 'orange', 'green'].map((color) => [`--mantine-color-${color}-light-color`, `var(--mantine-color-${color}-4)`]),
)

export const theme = createTheme({
  colors: { dark: DARK },
  fontFamily: FONT,
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontFamily: FONT, fontWeight: '600' },
  primaryColor: 'indigo',
  primaryShade: 7,
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    // Quiet in both themes: the icon and the words carry the colour.
    Alert: {
      styles: (_: unknown, { color = 'blue' }: AlertProps) => ({
        root: { background: `color-mix(in srgb, var(--mantine-color-${color}-filled) 11%, transparent)` },
        icon: { color: `light-dark(var(--mantine-color-${color}-8), var(--mantine-color-${color}-4))` },
        title: { color: 'var(--mantine-color-text)' },
        message: { color: 'var(--mantine-color-text)' },
      }),
    },
    // One head for all tables: that of ui/VirtualTable.
    Table: { styles: { th: { color: 'var(--text-dim)', fontSize: 12, fontWeight: 550 } } },
    // As high as the fields beside it, and as outlined.
    Chip: { defaultProps: { variant: 'outline' }, styles: { label: { height: 30, borderRadius: 8, paddingInline: 10 } } },
    NavLink: { styles: { root: { borderRadius: 8 } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, maw: 360, multiline: true } },
    // A dialog's head is no banner of the page.
    Modal: {
      defaultProps: {
        attributes: { header: { role: 'presentation' } },
        centered: true,
        size: 'lg',
        overlayProps: { backgroundOpacity: 0.45 },
      },
      styles: DIALOG_STYLES,
    },
    Drawer: { defaultProps: { attributes: { header: { role: 'presentation' } } }, styles: DIALOG_STYLES },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end', withinPortal: true } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
  },
})

export const variablesResolver: CSSVariablesResolver = () => ({
  variables: stateVariables(),
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-dimmed': '#5b636e',
    '--mantine-color-placeholder': '#5b636e',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#3b5bdb',
  },
  dark: {
    '--mantine-color-body': '#16181d',
    '--mantine-color-dimmed': '#9aa3af',
    '--mantine-color-placeholder': '#9aa3af',
    '--mantine-color-error': '#ff8787',
    ...DARK_INKS,
  },
})
