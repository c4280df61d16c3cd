import { quoted as shellQuoted } from '../../api/curl.ts'
import { headersFor } from '../headers.ts'
import { type Target, urlOf } from '../target.ts'
import type { Way } from '../way.ts'

export function curlWay(target: Target): Way {
  const headers = [
    "-H 'content-type: application/json'",
    // In double quotes the shell fills the token in.
    ...headersFor(target, '$SPANLOOM_TOKEN').map(({ name, value }) =>
      name === 'authorization' ? `-H "${name}: ${value}"` : `-H ${shellQuoted(`${name}: ${value}`)}`,
    ),
  ]
  const text = `now=$(date +%s) trace=$(openssl rand -hex 16) span=$(openssl rand -hex 8)
curl ${urlOf(target.http)}/v1/traces \\
  ${headers.join(' ')} -d '{"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
  "scopeSpans":[{"spans":[{"traceId":"'$trace'","spanId":"'$span'",
    "name":"GET /cart","kind":2,
    "startTimeUnixNano":"'$now'000000000","endTimeUnixNano":"'$now'250000000"}]}]}]}'`
  return {
    variants: [{ id: 'curl', title: 'curl', snippets: [{ words: 'One span by hand, in a shell', text }] }],
  }
}
