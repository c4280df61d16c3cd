import { expect, type Page, test } from '@playwright/test'
import { collect, frames, median, quantile, report } from './measure.ts'

const FRAMES = 120
const TRACE = '0123456789abcdef0123456789abcdef'
const MB = 1e6

const SIZES = [
  { spans: 10_000, words: '10k', rowsMs: 300, frameMs: 18 },
  { spans: 100_000, words: '100k', rowsMs: 1500, frameMs: 20 },
  // Of it the first 50 thousand come at once.
  { spans: 1_000_000, words: '1M', rowsMs: 1500, frameMs: 20 },
]

for (const { spans, words, rowsMs, frameMs } of SIZES) {
  test(`${words} spans`, async ({ page }, info) => {
    const { ms, bytes } = await open(page, spans)
    report(info, `first rows after the data, ${words} spans`, ms, rowsMs)
    report(info, `bytes of the data, ${words} spans`, bytes / MB, 10, 'MB')
    report(info, `heap with the trace, ${words} spans`, (await heap(page)) / MB, 60, 'MB')
    // Very large ones open folded.
    await page.keyboard.press('9')
    const times = await scroll(page)
    report(info, `waterfall scroll frame p50, ${words} spans`, median(times), frameMs)
    report(info, `waterfall scroll frame p95, ${words} spans`, quantile(times, 0.95), 67)
  })
}

test('1M spans, more of them', async ({ page }, info) => {
  await open(page, 1_000_000)
  await page.keyboard.press('9')
  const cut = page.getByRole('row', { name: /^\+\d/ })
  await page.evaluate(() => {
    const grid = document.querySelector('[role="treegrid"]')
    if (grid !== null) grid.scrollTop = grid.scrollHeight / 2
  })
  await cut.first().getByRole('button').click()
  // As soon as they are there, the first of them is selected and says what it says.
  await expect(page.getByRole('complementary', { name: 'Details of the span' })).toBeVisible()
  const ms = await page.evaluate(() => {
    const part = performance.getEntriesByType('resource').find(({ name }) => name.includes('under='))
    const rows = window.marks.findLast(({ name }) => name === 'panel')
    return part instanceof PerformanceResourceTiming && rows !== undefined
      ? rows.at - part.responseEnd
      : Number.NaN
  })
  report(info, 'more rows after their data, 1M spans', ms, 500)
})

/** Opens a trace; says how long after its data the first rows were there, and how large that was. */
async function open(page: Page, spans: number): Promise<{ ms: number; bytes: number }> {
  await collect(page)
  await page.addInitScript(() => {
    const mark = (name: string, selector: string) => {
      const seen = new MutationObserver(() => {
        if (document.querySelector(selector) === null) return
        seen.disconnect()
        requestAnimationFrame(() => requestAnimationFrame(() => performance.mark(name)))
      })
      seen.observe(document, { childList: true, subtree: true })
    }
    mark('rows', '[role="treegrid"] [role="row"]')
    mark('panel', '#span-details')
  })
  await page.goto(`/traces/${TRACE}?tenant=trace-${spans}`)
  await expect(page.getByRole('treegrid')).toBeVisible({ timeout: 120_000 })
  await page.waitForFunction(() => window.marks.some(({ name }) => name === 'rows'))
  return page.evaluate(() => {
    const data = performance.getEntriesByType('resource').find(({ name }) => name.includes('/api/v1/traces/'))
    const rows = window.marks.find(({ name }) => name === 'rows')
    if (!(data instanceof PerformanceResourceTiming) || rows === undefined)
      return { ms: Number.NaN, bytes: Number.NaN }
    return { ms: rows.at - data.responseEnd, bytes: data.decodedBodySize }
  })
}

/** What scrolls is the treegrid or what it stands in. */
async function scroll(page: Page): Promise<number[]> {
  await page.evaluate(() => {
    let element = document.querySelector('[role="treegrid"]')
    while (element !== null && element.scrollHeight <= element.clientHeight + 1)
      element = element.parentElement
    element?.setAttribute('data-bench-scroll', 'yes')
  })
  return frames(page, '[data-bench-scroll]', 'scroll', FRAMES)
}

/** Without what is garbage. */
async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize = 0 } = (await session.send('Runtime.getHeapUsage')) as {
    usedSize: number
    /** Of typed arrays. */
    backingStorageSize?: number
  }
  await session.detach()
  return usedSize + backingStorageSize
}
