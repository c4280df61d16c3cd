import { type Page, test } from '@playwright/test'
import { collect, frames, median, quantile, report } from './measure.ts'

const SIZES = [
  { size: 100, painted: 1000, layout: 150 },
  { size: 1000, painted: 1200, layout: 150 },
  { size: 5000, painted: 2500, layout: 600 },
]
const RUNS = 3
const FRAMES = 180
const LIVE_MS = 30_000
/** Of the heap at one time, each a part of an interval of the stream apart. */
const READINGS = 6
const READING_MS = 370
const HEAP_MS = Number(process.env['BENCH_HEAP_MS'] ?? 120_000)

const painted = (page: Page) =>
  page.waitForFunction(() => window.marks.some(({ name }) => name === 'topology-painted'))

test('to the first picture', async ({ browser }, info) => {
  for (const { size, ...bars } of SIZES) {
    const [times, layouts]: [number[], number[]] = [[], []]
    for (let run = 0; run < RUNS; run += 1) {
      const page = await browser.newPage()
      await collect(page)
      await page.goto(`/topology?tenant=mesh-${size}&live=off`)
      await painted(page)
      const marks = await page.evaluate(() => window.marks)
      times.push(marks.find(({ name }) => name === 'topology-painted')?.at ?? Number.NaN)
      const laidOut = marks.find(({ name }) => name === 'topology-laid-out')?.detail as
        | { ms: number }
        | undefined
      if (laidOut !== undefined) layouts.push(laidOut.ms)
      await page.close()
    }
    report(info, `navigation to painted, ${size} services`, median(times), bars.painted)
    if (layouts.length > 0)
      report(info, `layout in the worker, ${size} services`, median(layouts), bars.layout)
  }
})

for (const size of [1000, 5000]) {
  test(`frames, ${size}`, async ({ page }, info) => {
    await collect(page)
    await page.goto(`/topology?tenant=mesh-${size}&live=off`)
    await painted(page)
    await page.waitForTimeout(1000)
    for (const kind of ['pull', 'zoom'] as const) {
      const times = await frames(page, '.graph__view', kind, FRAMES)
      report(info, `${kind} frame p50, all in view, ${size} services`, median(times), 20)
      report(info, `${kind} frame p95, all in view, ${size} services`, quantile(times, 0.95), 34)
    }
    await page.goto(`/topology?tenant=mesh-${size}&live=off&cam=2500,1200,1`)
    await painted(page)
    await page.waitForTimeout(1000)
    const times = await frames(page, '.graph__view', 'pull', FRAMES)
    report(info, `pull frame p50, 1:1, ${size} services`, median(times), 20)
    report(info, `pull frame p95, 1:1, ${size} services`, quantile(times, 0.95), 34)
  })
}

test('live, 1000', async ({ page }, info) => {
  await collect(page)
  await page.goto('/topology?tenant=mesh-1000')
  await painted(page)
  await page.waitForFunction(() => window.marks.some(({ name }) => name === 'topology-event'))
  await page.waitForTimeout(3000)
  await page.evaluate(() => {
    window.marks = []
    window.tasks = []
  })
  await page.waitForTimeout(LIVE_MS)
  const { marks, tasks } = await page.evaluate(() => ({ marks: window.marks, tasks: window.tasks }))
  const events = marks.filter(({ name }) => name === 'topology-event')
  const updates = events.flatMap(({ at }) => {
    const next = marks.find(mark => mark.name === 'topology-painted' && mark.at > at)
    return next === undefined ? [] : [next.at - at]
  })
  report(
    info,
    `live update of everything to painted, median of ${updates.length}, 1000 services`,
    median(updates),
    150,
  )
  report(info, 'longest task in 30 s live, 1000 services', Math.max(0, ...tasks.map(({ ms }) => ms)), 100)
})

test('memory, 1000', async ({ page }, info) => {
  await collect(page)
  await page.goto('/topology?tenant=mesh-1000')
  await painted(page)
  await page.waitForTimeout(20_000)
  const before = await heap(page)
  await page.waitForTimeout(HEAP_MS)
  const after = await heap(page)
  const words = `heap growth in ${HEAP_MS / 1000} s live (${(before / 1e6).toFixed(1)} MB), 1000 services`
  report(info, words, Math.max(0, ((after - before) / before) * 100), 10, '%')
})

/** In a live picture something is always on its way from the server to the screen; between two updates it is not. */
async function heap(page: Page): Promise<number> {
  const readings: number[] = []
  for (let reading = 0; reading < READINGS; reading += 1) {
    readings.push(await heapNow(page))
    await page.waitForTimeout(READING_MS)
  }
  return Math.min(...readings)
}

/** Without what is garbage, and without what the bench itself keeps. */
async function heapNow(page: Page): Promise<number> {
  await page.evaluate(() => {
    window.marks = []
    window.tasks = []
  })
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}
