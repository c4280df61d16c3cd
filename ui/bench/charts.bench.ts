// The bar of charts: 12 of 4 series of 720 points, drawn first in less than 500 ms and anew in less than 300 ms. They stand on
// a page of their own, which is built and served here: the app has no page of twelve.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, type Page, type TestInfo, test } from '@playwright/test'
import react from '@vitejs/plugin-react'
import { build, type PreviewServer, preview } from 'vite'

const ROOT = fileURLToPath(new URL('./charts', import.meta.url))
const ROUNDS = 5
const FIRST_MS_MAX = 500
const UPDATE_MS_MAX = 300

const site: { directory?: string; server?: PreviewServer; url: string } = { url: '' }

test.beforeAll(async () => {
  site.directory = await mkdtemp(join(tmpdir(), 'charts-'))
  const common = {
    root: ROOT,
    configFile: false as const,
    logLevel: 'error' as const,
    build: { outDir: site.directory, emptyOutDir: true, target: 'es2023' },
  }
  await build({ ...common, plugins: [react()] })
  site.server = await preview({ ...common, preview: { host: '127.0.0.1', port: 0 } })
  site.url = site.server.resolvedUrls?.local[0] ?? ''
})

test.afterAll(async () => {
  await site.server?.close()
  if (site.directory !== undefined) await rm(site.directory, { recursive: true })
})

test('12 charts of 4 series of 720 points', async ({ page }, info) => {
  const [firsts, updates]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto(site.url)
    firsts.push(await draw(page, 1))
    for (const seed of [2, 3, 4]) updates.push(await draw(page, seed))
  }
  await expect(page.locator('canvas')).toHaveCount(12)
  tell(info, '12 charts of 4 × 720 points, first', median(firsts), FIRST_MS_MAX)
  tell(info, '12 charts of 4 × 720 points, all values anew', median(updates), UPDATE_MS_MAX)
})

function draw(page: Page, seed: number): Promise<number> {
  return page.evaluate(seed => window.drawCharts(seed), seed)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** As `report.ts` reads it. */
function tell(info: TestInfo, bar: string, ms: number, below: number): void {
  const measured = `${Math.round(ms)} ms`
  const description = JSON.stringify({ bar, measured, gate: `< ${below} ms`, isMet: ms < below })
  info.annotations.push({ type: 'bar', description })
}
