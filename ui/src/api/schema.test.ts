// The client's types are those of the description that lies beside them; `make api` renews both.

import { readFile } from 'node:fs/promises'
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { expect, test } from 'vitest'

test('schema.d.ts is what openapi.json gives today', async () => {
  const description = new URL('../../openapi.json', import.meta.url)
  // As the script `gen:api` has it.
  const types = await openapiTS(description, { rootTypes: true, alphabetize: true, silent: true })
  const written = await readFile(new URL('schema.d.ts', import.meta.url), 'utf8')
  expect(written).toBe(COMMENT_HEADER + astToString(types))
})
