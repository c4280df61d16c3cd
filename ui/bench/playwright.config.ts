// Measurements in a real browser, on the build with the mock API behind it: `npm run bench`. They report and do not fail; what
// can be counted is a gate in `e2e`.

import { defineConfig } from '@playwright/test'
import { browser } from '../playwright.config.ts'

const port = process.env['BENCH_PORT'] ?? '4798'
const url = `http://127.0.0.1:${port}`

export default defineConfig({
  testDir: '.',
  testMatch: '*.bench.ts',
  workers: 1,
  retries: 0,
  timeout: 900_000,
  reporter: [['./report.ts']],
  use: { baseURL: url, viewport: { width: 1440, height: 900 }, launchOptions: browser },
  webServer: {
    command: `npm run build && npm run preview -- --host 127.0.0.1 --port ${port} --strictPort`,
    cwd: '..',
    url,
    reuseExistingServer: process.env['BENCH_PORT'] !== undefined,
    timeout: 180_000,
  },
})
