import { keepToken } from '../api/token.ts'

/** Asks for the server's token. */
export function TokenForm({ onToken }: { onToken: () => void }) {
  const submit = (form: FormData) => {
    const token = form.get('token')
    if (typeof token !== 'string' || token.trim() === '') return
    keepToken(token.trim())
    onToken()
  }
  return (
    <form className="message__actions" action={submit}>
      <input
        className="field token-form__field"
        type="password"
        name="token"
        aria-label="Token"
        autoComplete="off"
        required
      />
      <button type="submit" className="button button--main">
        Use the token
      </button>
    </form>
  )
}
