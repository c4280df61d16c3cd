// What surrounds every page: the top bar, the help, the skip link.

import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { Keyboard, Search } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { formatZone } from '../ui/format.ts'
import { type Handlers, handlersNow, useHotkeys } from './hotkeys.ts'
import { LiveIndicator } from './live-indicator.tsx'
import { paths } from './paths.ts'
import './shell.css'
import { SHORTCUTS, shownKeys } from './shortcuts.ts'
import { TenantMenu } from './tenant-menu.tsx'
import { ThemeMenu } from './theme-menu.tsx'

const Help = lazy(() => import('./help.tsx'))
const Palette = lazy(() => import('../palette/palette.tsx'))

const PALETTE_KEYS = shownKeys(SHORTCUTS.palette.keys[0])
const MAIN = 'main'

export function Shell() {
  const [isHelpOpen, setHelpOpen] = useState(false)
  // What can be done where the palette was opened; null while it is closed.
  const [palette, setPalette] = useState<Handlers | null>(null)
  const navigate = useNavigate()
  const openPalette = () => {
    setHelpOpen(false)
    setPalette(handlersNow())
  }
  useHotkeys({
    palette: openPalette,
    help: () => setHelpOpen(!isHelpOpen),
    goTopology: () => navigate({ to: paths.topology }),
    goTraces: () => navigate({ to: paths.traces }),
    goServices: () => navigate({ to: paths.services }),
    goConnect: () => navigate({ to: paths.connect }),
  })
  return (
    <div className="shell">
      <a className="skip-link" href={`#${MAIN}`} onClick={skipToMain}>
        Skip to the page
      </a>
      <header className="top-bar">
        <Link to={paths.topology} className="product">
          <Logo />
          <span className="product__name">Spanloom</span>
        </Link>
        <nav aria-label="Pages">
          <ul className="nav">
            <li>
              <Link to={paths.topology} className="nav__link">
                Topology
              </Link>
            </li>
            <li>
              <Link to={paths.services} className="nav__link">
                Services
              </Link>
            </li>
            <li>
              <Link to={paths.traces} className="nav__link">
                Traces
              </Link>
            </li>
            <li>
              <Link to={paths.connect} className="nav__link">
                Connect
              </Link>
            </li>
          </ul>
        </nav>
        <div className="top-bar__space" />
        <button
          type="button"
          className="button search-button"
          onClick={openPalette}
          title={`Search everything (${PALETTE_KEYS})`}
        >
          <Search size={14} aria-hidden="true" />
          <span className="visually-hidden">Search everything</span>
          <span className="search-button__words" aria-hidden="true">
            Search <kbd className="key search-button__keys" data-keys={PALETTE_KEYS} />
          </span>
        </button>
        <LiveIndicator />
        <TenantMenu />
        <span className="zone muted" title="All times are in this zone">
          {formatZone(new Date())}
        </span>
        <button
          type="button"
          className="button button--plain button--icon"
          onClick={() => setHelpOpen(true)}
          aria-label="Keyboard help"
          title="Keyboard (?)"
        >
          <Keyboard size={16} aria-hidden="true" />
        </button>
        <ThemeMenu />
      </header>
      <main id={MAIN} className="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense>
        {isHelpOpen ? <Help onClose={() => setHelpOpen(false)} /> : null}
        {palette === null ? null : <Palette handlers={palette} onClose={() => setPalette(null)} />}
      </Suspense>
    </div>
  )
}

/** Without a change of the URL, which is the page's. */
function skipToMain(event: React.MouseEvent) {
  event.preventDefault()
  document.getElementById(MAIN)?.focus()
}

function Logo() {
  return (
    <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M4 8h18" stroke="var(--ok)" strokeWidth="5" strokeLinecap="round" />
      <path d="M10 16h18" stroke="light-dark(#007d79, #3ddbd9)" strokeWidth="5" strokeLinecap="round" />
      <path d="M14 24h9" stroke="light-dark(#8a3ffc, #be95ff)" strokeWidth="5" strokeLinecap="round" />
    </svg>
  )
}
