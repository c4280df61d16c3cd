// A button that opens a small dialog beside itself.

import { useEffect, useRef, useState } from 'react'
import type { Placement } from './place.ts'
import { Popover } from './popover.tsx'

interface Props {
  /** What the button says to who does not see it, where that is not what stands in it. */
  label?: string
  className?: string
  button: React.ReactNode
  placement?: Placement
  /** Of the dialog. */
  title: string
  dialogClassName: string
  children: (close: () => void) => React.ReactNode
}

export function DialogButton(props: Props) {
  const { label, className = 'button', button, placement, title, dialogClassName, children } = props
  const [isOpen, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const close = () => setOpen(false)
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={className}
        aria-label={label}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen ? (
        <Popover anchor={anchor} placement={placement} onClose={close}>
          <Inside title={title} className={dialogClassName}>
            {children(() => {
              anchor.current?.focus()
              close()
            })}
          </Inside>
        </Popover>
      ) : null}
    </>
  )
}

function Inside({
  title,
  className,
  children,
}: {
  title: string
  className: string
  children: React.ReactNode
}) {
  const dialog = useRef<HTMLDivElement>(null)
  // From here Tab leads to the first of its controls.
  useEffect(() => {
    dialog.current?.focus()
  }, [])
  return (
    <div ref={dialog} role="dialog" aria-label={title} tabIndex={-1} className={className}>
      {children}
    </div>
  )
}
