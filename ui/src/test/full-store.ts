// A store that is read and takes nothing more, in place of `localStorage`. (happy-dom's own cannot be spied on.)

import { vi } from 'vitest'

/** Until what it gives is called. */
export function fillStore(): () => void {
  const store = localStorage
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => store.getItem(key),
    removeItem: (key: string) => store.removeItem(key),
    setItem() {
      throw new DOMException('full', 'QuotaExceededError')
    },
    clear: () => store.clear(),
  })
  return () => vi.unstubAllGlobals()
}
