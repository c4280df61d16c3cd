import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import './ui/ui.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { createQueryClient } from './app/query-client.ts'
import { followTheme } from './app/theme.ts'
import { beginPage } from './topology/ahead.ts'

followTheme()
// Not awaited at the top: a module that waits is a file of its own to the bundler, and so is all that it loads later.
void beginPage().then(render)

function render(): void {
  const root = document.getElementById('root')
  if (root === null) throw new Error('index.html has no element with the id "root"')
  createRoot(root).render(
    <StrictMode>
      <App queryClient={createQueryClient()} />
    </StrictMode>,
  )
}
