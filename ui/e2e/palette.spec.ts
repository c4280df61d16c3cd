import { newNamespace, sendMesh, untilDrawn } from './mesh.ts'
import { newTraceId, sendTrace } from './site.ts'
import { expect, hindrances, type Page, test } from './test.ts'

const field = (page: Page) => page.getByRole('combobox', { name: 'Search everything' })

async function open(page: Page) {
  await page.keyboard.press('Control+k')
  await expect(field(page)).toBeFocused()
}

test('keys alone lead to a service and to a trace', async ({ page, request }) => {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 2 })
  await untilDrawn(request, namespace, 2)
  const id = newTraceId()
  await sendTrace(request, { id, service: 'sought', name: 'GET /' })
  await page.goto('/connect')
  await expect(page.getByRole('heading', { name: 'Connect' })).toBeVisible()
  await open(page)
  await page.keyboard.type(`cart ${namespace} topology`)
  await expect(page.getByRole('option').first()).toContainText('cart')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/topology\\?.*focus=${namespace}/cart`))
  await open(page)
  await field(page).fill(id)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/traces/${id}$`))
  await expect(page.getByRole('treegrid')).toBeVisible()
})

test('Escape gives the focus back, and nothing hinders meanwhile', async ({ page }) => {
  await page.goto('/traces?limit=200')
  const button = page.getByRole('button', { name: 'Search everything' })
  await button.focus()
  await page.keyboard.press('Enter')
  await expect(field(page)).toBeFocused()
  await page.keyboard.type('theme')
  await expect(page.getByRole('option', { name: /^Theme: dark/ })).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    expect(await hindrances(page)).toEqual([])
  }
  await page.keyboard.press('Escape')
  await expect(field(page)).toBeHidden()
  await expect(button).toBeFocused()
})

test('time moves by keys, and keys of one letter can be switched off', async ({ page }) => {
  await page.goto('/topology?range=1h')
  await expect(page.getByRole('heading', { name: 'Topology' })).toBeVisible()
  await page.keyboard.press('t')
  await page.keyboard.press('ArrowLeft')
  await expect(page).toHaveURL(/start=.*&end=/)
  await page.keyboard.press('t')
  await page.keyboard.press('l')
  await expect(page).toHaveURL(/\/topology\?range=1h$/)
  await page.keyboard.press('?')
  await page.getByText('Keys of one letter do something').click()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
  await page.keyboard.press('v')
  await page.keyboard.press('Control+k')
  await expect(field(page)).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/topology\?range=1h$/)
})

test('what is found stands out, what is hidden is gone, and a reload keeps both', async ({
  page,
  request,
}) => {
  const namespace = newNamespace()
  await sendMesh(request, { namespace, requests: 4, failed: 2 })
  await untilDrawn(request, namespace, 2)
  await page.goto(`/topology?namespace=${namespace}`)
  await expect(page.getByText('3 nodes, 2 edges', { exact: true })).toBeVisible()
  await page.keyboard.press('/')
  await page.keyboard.type('err > 5% and health = failing')
  await expect(page.getByText(/^Found: 1 of 3 nodes/)).toBeVisible()
  await page.getByRole('combobox', { name: 'Hide' }).fill('name = front')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Hidden: 1 node, 1 edge')).toBeVisible()
  await page.reload()
  await expect(page.getByText(/^Found: 1 of 2 nodes/)).toBeVisible()
  await page.getByRole('combobox', { name: 'Hide' }).fill(`ns = ${namespace}`)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'All of 3 nodes are hidden by 1 filter' })).toBeVisible()
  expect(await hindrances(page)).toEqual([])
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect(page.getByRole('application')).toBeVisible()
  await page.getByRole('combobox', { name: 'Find' }).fill('p95 > fast')
  await expect(page.getByText('a duration such as 500ms or 1.5s is expected here')).toBeVisible()
  expect(await hindrances(page)).toEqual([])
})
