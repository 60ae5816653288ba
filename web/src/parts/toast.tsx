import { useEffect, useState } from "preact/hooks";

const SHOWN_MS = 5_000;
let show: ((text: string) => void) | null = null;

/** Say in passing that something was done. */
export function toast(text: string): void {
  show?.(text);
}

/** Where `toast` speaks: a live region that is always there. */
export function Toasts() {
  const [texts, setTexts] = useState<{ id: number; text: string }[]>([]);
  useEffect(() => {
    let next = 0;
    show = (text) => {
      const id = next++;
      setTexts((all) => [...all, { id, text }]);
      setTimeout(() => setTexts((all) => all.filter((one) => one.id !== id)), SHOWN_MS);
    };
    return () => {
      show = null;
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {texts.map(({ id, text }) => (
        <div class="toast" key={id}>
          {text}
        </div>
      ))}
    </div>
  );
}
