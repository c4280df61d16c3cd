import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { compressedForms, isText } from './precompress.ts'

test('both forms hold the file and are smaller', async () => {
  const text = Buffer.from('export const answer = 42\n'.repeat(200))
  const forms = await compressedForms(text)
  expect([...forms.keys()]).toEqual(['.br', '.gz'])
  expect(brotliDecompressSync(forms.get('.br') ?? '')).toEqual(text)
  expect(gunzipSync(forms.get('.gz') ?? '')).toEqual(text)
  for (const form of forms.values()) expect(form.length).toBeLessThan(text.length)
})

test('a file that fits into one packet is left alone', async () => {
  expect(await compressedForms(Buffer.from('a'.repeat(1023)))).toEqual(new Map())
})

test('a form that saves nothing is not written', async () => {
  const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * i * 2654435761) >>> 24))
  const random = Buffer.concat([noise, crypto.getRandomValues(Buffer.alloc(4096))])
  for (const form of (await compressedForms(random)).values()) expect(form.length).toBeLessThan(random.length)
})

test('fonts and pictures are compressed already', () => {
  expect(['a.js', 'b/c.css', 'index.html', 'x.svg'].every(isText)).toBe(true)
  expect(['a.woff2', 'b.png', 'c.br', 'c.js.gz'].some(isText)).toBe(false)
})
