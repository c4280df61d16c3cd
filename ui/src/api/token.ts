// The bearer token of a server that asks for one. Kept for the tab only: closing it signs out.

const KEY = 'spanloom.token'

export function readToken(): string | null {
  return sessionStorage.getItem(KEY)
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token)
}
