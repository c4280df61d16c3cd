// Leaves every test of a page with an empty one.

import { afterEach } from 'vitest'

if (typeof document !== 'undefined') {
  const { cleanup, configure } = await import('@testing-library/react')
  // A bound for machines that do other work, too; what is awaited mostly comes at once.
  configure({ asyncUtilTimeout: 5000 })
  afterEach(() => {
    cleanup()
    localStorage.clear()
    sessionStorage.clear()
  })
}
