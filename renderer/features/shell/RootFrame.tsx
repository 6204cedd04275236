/** Around everything: dialogs and messages live within the router, so that they may hold links. */
import { ModalsProvider } from '@mantine/modals'
import { Notifications } from '@mantine/notifications'
import { Outlet } from '@tanstack/react-router'

export function RootFrame() {
  return (
    <ModalsProvider>
      <Outlet />
      <Notifications position="bottom-right" limit={4} />
    </ModalsProvider>
  )
}
