import { expect, type Page, test } from '@playwright/test'
import { collect, frames, median, quantile, report } from './measure.ts'

const FRAMES = 120
const TRACE = '0123456789abcdef0123456789abcdef'

test('10 thousand spans', async ({ page }, info) => {
  report(info, 'first rows after the data, 10k spans', await open(page, 10_000), 300)
  const times = await frames(page, '[data-bench-scroll]', 'scroll', FRAMES)
  report(info, 'waterfall scroll frame p50, 10k spans', median(times), 18)
  report(info, 'waterfall scroll frame p95, 10k spans', quantile(times, 0.95), 67)
})

test('100 thousand spans', async ({ page }, info) => {
  report(info, 'first rows after the data, 100k spans', await open(page, 100_000), 3000)
  const times = await frames(page, '[data-bench-scroll]', 'scroll', FRAMES)
  report(info, 'waterfall scroll frame p50, 100k spans', median(times), 20)
})

/** Opens a trace; returns how long after its data the first rows were there. */
async function open(page: Page, spans: number): Promise<number> {
  await collect(page)
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      if (document.querySelector('[role="treegrid"] [role="row"]') === null) return
      seen.disconnect()
      requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('rows')))
    })
    seen.observe(document, { childList: true, subtree: true })
  })
  await page.goto(`/traces/${TRACE}?tenant=trace-${spans}`)
  await expect(page.getByRole('treegrid')).toBeVisible({ timeout: 120_000 })
  await page.waitForFunction(() => window.marks.some(({ name }) => name === 'rows'))
  // Very large ones open folded.
  await page.keyboard.press('9')
  // What scrolls is the treegrid or what it stands in.
  await page.evaluate(() => {
    let element = document.querySelector('[role="treegrid"]')
    while (element !== null && element.scrollHeight <= element.clientHeight + 1)
      element = element.parentElement
    element?.setAttribute('data-bench-scroll', 'yes')
  })
  return page.evaluate(() => {
    const data = performance.getEntriesByType('resource').find(({ name }) => name.includes('/api/v1/traces/'))
    const rows = window.marks.find(({ name }) => name === 'rows')
    return data instanceof PerformanceResourceTiming && rows !== undefined
      ? rows.at - data.responseEnd
      : Number.NaN
  })
}
