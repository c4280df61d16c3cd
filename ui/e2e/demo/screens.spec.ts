// Every screen of a living mesh in both themes: nothing that hinders people, and pictures for a person to look at.

import { expect, hindrances, type Page, test } from '../test.ts'
import { graphNow } from './demo.ts'

/** A busy machine takes its time over an hour's signals. */
const SLOW = { timeout: 60_000 }

interface Screen {
  name: string
  path: string
  /** What is there once it has everything. */
  ready: (page: Page) => Promise<void>
}

const query = encodeURIComponent('{ status = error }')

const SCREENS: Screen[] = [
  {
    name: 'topology',
    path: '/topology',
    ready: page => expect(page.locator('canvas[data-painted]').first()).toBeVisible(SLOW),
  },
  {
    name: 'edge',
    path: '/topology?edge=shop/checkout->shop/inventory:http',
    ready: page => expect(page.getByRole('heading', { name: 'Observers' })).toBeVisible(SLOW),
  },
  {
    name: 'table',
    path: '/topology?view=table&sort=-errors',
    ready: page => expect(page.getByRole('row').nth(5)).toBeVisible(SLOW),
  },
  {
    name: 'services',
    path: '/services',
    ready: page => expect(page.getByRole('link', { name: 'inventory' })).toBeVisible(SLOW),
  },
  {
    name: 'service',
    path: '/services/shop/inventory?range=15m',
    ready: page => expect(page.getByRole('figure').nth(4)).toBeVisible(SLOW),
  },
  {
    name: 'calls',
    path: '/services/shop/checkout?tab=calls&range=15m',
    ready: page => expect(page.getByRole('link', { name: 'inventory' }).first()).toBeVisible(SLOW),
  },
  {
    name: 'search',
    path: `/traces?q=${query}&range=15m&limit=100`,
    ready: page => expect(page.locator('a.traces__link').first()).toBeVisible(SLOW),
  },
  {
    name: 'connect',
    path: '/connect?to=collector',
    ready: page => expect(page.getByText(/^Receiving/)).toBeVisible(SLOW),
  },
]

test.beforeAll(async ({ request }) => {
  const count = async () => (await graphNow(request)).edges.length
  await expect.poll(count, { timeout: 90_000 }).toBeGreaterThan(25)
})

for (const theme of ['light', 'dark'] as const) {
  for (const { name, path, ready } of SCREENS) {
    test(`${name}, ${theme}`, async ({ page }, info) => {
      test.setTimeout(150_000)
      await page.emulateMedia({ colorScheme: theme })
      await page.goto(path)
      await ready(page)
      expect(await hindrances(page)).toEqual([])
      await page.screenshot({ path: info.outputPath(`${name}, ${theme}.png`) })
    })
  }

  test(`trace, ${theme}`, async ({ page }, info) => {
    test.setTimeout(150_000)
    await page.emulateMedia({ colorScheme: theme })
    await page.goto(`/traces?q=${query}&range=15m`)
    await page.locator('a.traces__link').first().click(SLOW)
    await expect(page.getByRole('treegrid')).toBeVisible(SLOW)
    await page.keyboard.press('c')
    await expect(page).toHaveURL(/cp=1/)
    await expect(page.getByRole('complementary')).toBeVisible()
    expect(await hindrances(page)).toEqual([])
    await page.screenshot({ path: info.outputPath(`trace, ${theme}.png`) })
    await page.goto(`${page.url()}&view=flame`)
    await expect(page.getByRole('figure').or(page.locator('canvas')).first()).toBeVisible(SLOW)
    await page.screenshot({ path: info.outputPath(`flame, ${theme}.png`) })
  })
}
