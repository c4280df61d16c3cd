// Browser tests: against the server of SPANLOOM_URL, or else against the build with the mock API behind it.

import { existsSync } from 'node:fs'
import { defineConfig } from '@playwright/test'
import { isMock, site } from './e2e/site.ts'

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's browser: Playwright downloads none. */
function browserPath(): string {
  const found = [process.env['CHROMIUM'], ...BROWSERS].find(path => path !== undefined && existsSync(path))
  if (found === undefined)
    throw new Error(`no browser found: set CHROMIUM, or install one of ${BROWSERS.join(', ')}`)
  return found
}

/** How the browser is started, here and to measure. */
export const browser = {
  executablePath: browserPath(),
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
}

/** Whether the server has the simulated mesh, of which some tests tell and the others know nothing. */
const isDemo = process.env['SPANLOOM_DEMO'] !== undefined

export default defineConfig({
  testDir: isDemo ? 'e2e/demo' : 'e2e',
  testIgnore: isDemo ? [] : 'demo/**',
  // Both may run at the same time.
  outputDir: isDemo ? 'demo-results' : 'test-results',
  globalSetup: './e2e/setup.ts',
  // One browser at a time: machines that build have few cores, and the tests share the server's data.
  workers: 1,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list']],
  use: {
    baseURL: site.url,
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: browser,
  },
  ...(isMock
    ? {
        webServer: {
          command: `npm run build && npm run preview -- --host 127.0.0.1 --port ${new URL(site.url).port} --strictPort`,
          url: site.url,
          reuseExistingServer: false,
        },
      }
    : {}),
})
