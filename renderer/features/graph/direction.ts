/** Which way the edges run. Apart from the layout, which only its own thread loads. */
export const DIRECTIONS = ['LR', 'TB', 'RL', 'BT'] as const
export type Direction = (typeof DIRECTIONS)[number]
export const isAcross = (direction: Direction): boolean => direction === 'LR' || direction === 'RL'
