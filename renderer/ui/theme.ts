/** Mantine's theme: compact (a data tool shows many rows), one primary colour that is no state's colour. */
import { createTheme, type CSSVariablesResolver } from '@mantine/core'
import { stateVariables } from './stateColors.ts'

const FONT = "'Inter Variable', system-ui, -apple-system, 'Segoe UI', Roboto, 'Open Sans', sans-serif"

export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: 'var(--mono)',
  headings: { fontFamily: FONT, fontWeight: '600' },
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 6 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, maw: 360, multiline: true } },
    Modal: { defaultProps: { centered: true, size: 'lg', overlayProps: { backgroundOpacity: 0.45 } } },
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end', withinPortal: true } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
  },
})

export const variablesResolver: CSSVariablesResolver = () => ({
  variables: stateVariables(),
  light: { '--mantine-color-body': '#ffffff', '--mantine-color-dimmed': '#5b636e' },
  dark: { '--mantine-color-body': '#16181d', '--mantine-color-dimmed': '#9aa3af' },
})
