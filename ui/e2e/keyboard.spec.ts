// The way that an engineer on call takes, by keys alone: from the node in trouble to the span that explains it.

import { newNamespace, sendMesh, untilDrawn } from './mesh.ts'
import { expect, type Page, test } from './test.ts'

const TABS_MAX = 80

/** Goes on by Tab until what has the focus is a link to such a place. */
async function tabToLink(page: Page, path: RegExp): Promise<void> {
  for (let i = 0; i < TABS_MAX; i++) {
    await page.keyboard.press('Tab')
    const href = await page.evaluate(() => document.activeElement?.getAttribute('href') ?? '')
    if (path.test(href)) return
  }
  throw new Error(`no link to ${path} has the focus after ${TABS_MAX} tabs`)
}

test('from the node in trouble over the list of traces to the span that failed', async ({
  page,
  request,
}) => {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 3, failed: 3 })
  await untilDrawn(request, namespace, 2)
  await page.goto(`/topology?namespace=${namespace}`)
  await expect(page.getByText('3 nodes, 2 edges', { exact: true })).toBeVisible()

  await page.keyboard.press('e')
  const node = page.getByRole('complementary')
  await expect(node.getByRole('heading', { name: 'cart' })).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(node).toBeFocused()
  await tabToLink(page, /^\/traces\?/)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/traces\?/)

  const first = page.getByRole('link', { name: /front/ }).first()
  await expect(first).toBeVisible()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/traces\/[0-9a-f]{32}/)
  await expect(page.getByRole('treegrid')).toBeVisible()

  const selected = page.locator('[role="row"][aria-selected="true"]')
  const details = page.getByRole('complementary', { name: 'Details of the span' })
  await page.keyboard.press('e')
  await expect(selected).toContainText('error')
  // The errors of the caller and of what it called: the last of them is where it broke.
  await page.keyboard.press('e')
  await expect(selected).toContainText('cart')
  await page.keyboard.press('Enter')
  await expect(details).toBeFocused()
  await expect(details).toContainText('broken')
})
