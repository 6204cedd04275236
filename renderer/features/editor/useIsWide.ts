/** Whether text and graph have room beside each other. */
import { useMediaQuery } from '@mantine/hooks'

export function useIsWide(): boolean {
  return useMediaQuery('(min-width: 1000px)', true, { getInitialValueInEffect: false })
}
