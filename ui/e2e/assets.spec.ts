// How the server sends what the build wrote.

import type { APIRequestContext } from '@playwright/test'
import { isMock } from './site.ts'
import { expect, test } from './test.ts'

test.skip(isMock, 'it is the server that sends precompressed files; the preview of the build does not')

/** The build leaves files alone that fit into one packet. */
const PACKET_BYTES = 1024

async function assetsOf(request: APIRequestContext): Promise<string[]> {
  const index = await (await request.get('/')).text()
  return [...index.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path ?? '')
}

test('scripts and styles come compressed by the build, and are kept for ever', async ({ request }) => {
  const assets = await assetsOf(request)
  expect(assets.length).toBeGreaterThanOrEqual(2)
  for (const path of assets) {
    const isSmall = (await (await request.get(path)).body()).length < PACKET_BYTES
    for (const encoding of ['br', 'gzip']) {
      const response = await request.get(path, { headers: { 'accept-encoding': encoding } })
      expect(response.status()).toBe(200)
      expect(response.headers()['content-encoding'], path).toBe(isSmall ? undefined : encoding)
      expect(response.headers()['cache-control']).toContain('immutable')
      expect(response.headers()['vary']).toContain('accept-encoding')
    }
  }
})

test('the page itself is asked for again each time', async ({ request }) => {
  for (const path of ['/', '/topology', '/traces', '/traces/00ff']) {
    const response = await request.get(path)
    expect(response.headers()['cache-control'], path).toBe('no-cache')
    expect(response.headers()['content-security-policy'], path).toContain("default-src 'self'")
  }
})

test('everything that the browser loads is compressed or a font, and from here', async ({
  page,
  baseURL,
}) => {
  const loaded: { url: string; encoding: string | undefined; bytes: number }[] = []
  page.on('response', response => {
    const { 'content-encoding': encoding, 'content-length': length } = response.headers()
    loaded.push({ url: response.url(), encoding, bytes: Number(length) })
  })
  await page.goto('/traces?service=checkout')
  await page.getByRole('link', { name: 'checkout GET /cart/0' }).click()
  await expect(page.getByRole('treegrid')).toBeVisible()
  expect(loaded.filter(({ url }) => !url.startsWith(baseURL ?? 'unset') && !url.startsWith('data:'))).toEqual(
    [],
  )
  const scripts = loaded.filter(({ url }) => /\.(?:js|css)$/.test(url))
  expect(scripts.length).toBeGreaterThanOrEqual(4)
  const plain = scripts.filter(({ encoding }) => encoding !== 'br' && encoding !== 'gzip')
  expect(plain.filter(({ bytes }) => !(bytes < PACKET_BYTES))).toEqual([])
})
