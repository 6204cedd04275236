/**
 * The page's entry. Takes a one-time sign-in token out of the address before anything else runs, so that it stays neither in the
 * history nor in a link that someone copies; then mounts theme, query cache and router.
 */
import '@fontsource-variable/inter/wght.css'
import '@mantine/core/styles.css'
import './styles/tokens.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { createQueryClient } from './api/queryClient.ts'
import { isDesktop } from './features/desktop/index.ts'
import { takeSignInToken } from './features/session/index.ts'
import { createAppRouter } from './router.tsx'
import { rememberFocus } from './ui/focusHistory.ts'
import { theme, variablesResolver } from './ui/theme.ts'

const DesktopFrame = lazy(() =>
  import('./features/desktop/DesktopFrame.tsx').then(({ DesktopFrame: component }) => ({ default: component })),
)

const signInToken = takeSignInToken(window)
const queryClient = createQueryClient()
const router = createAppRouter(queryClient, signInToken)
const colorSchemeManager = localStorageColorSchemeManager({ key: 'vortex-color-scheme' })

rememberFocus(document)
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root element.')
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variablesResolver}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        {isDesktop() ? (
          <Suspense>
            <DesktopFrame openPath={router.history.push} onServerBack={() => void router.invalidate()} />
          </Suspense>
        ) : null}
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
