// Without a server nobody has sent the spans that the tests look for: then they are sent here.

import { request } from '@playwright/test'
import { isMock, newTraceId, sendTrace } from './site.ts'

export default async function setup(): Promise<void> {
  if (!isMock) return
  const context = await request.newContext()
  for (const id of [0, 1, 2]) {
    await sendTrace(context, { id: newTraceId(), service: 'checkout', name: `GET /cart/${id}` })
  }
  await context.dispose()
}
