import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";

export interface Option {
  value: string;
  /** Shown at the right: how often, of what kind. */
  note?: string;
}

/** Options to show: those that begin with the text first, then those that hold it. */
export function matching(options: readonly Option[], text: string, most = 60): Option[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return options.slice(0, most);
  const begins: Option[] = [];
  const holds: Option[] = [];
  for (const option of options) {
    const at = option.value.toLowerCase().indexOf(wanted);
    if (at === 0) begins.push(option);
    else if (at > 0) holds.push(option);
  }
  return [...begins, ...holds].slice(0, most);
}

/**
 * A text field with suggestions (the combobox pattern of WAI-ARIA). Text that is no suggestion is
 * allowed: the catalogue need not know every value. `onSearch` is told what is typed, for options
 * that are asked for.
 */
export function Combobox({
  label,
  value,
  options,
  onChange,
  onSearch,
  placeholder = "Choose…",
  invalid = false,
  hideLabel = true,
}: {
  label: string;
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
  onSearch?: (text: string) => void;
  placeholder?: string;
  invalid?: boolean;
  hideLabel?: boolean;
}) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const shown = useMemo(() => matching(options, typed ?? ""), [options, typed]);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at, open]);

  const choose = (chosen: string) => {
    onChange(chosen);
    setTyped(null);
    setOpen(false);
  };
  const close = () => {
    if (typed !== null && typed !== value) {
      const text = typed.trim();
      // Somebody who types a name in full means it, upper and lower case aside.
      const same = options.find((one) => one.value.toLowerCase() === text.toLowerCase());
      onChange(same?.value ?? text);
    }
    setTyped(null);
    setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) setOpen(true);
      else if (shown.length > 0) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        setAt((at + step + shown.length) % shown.length);
      }
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      const option = shown[at];
      if (option && (typed !== null || at > 0)) choose(option.value);
      else close();
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setTyped(null);
      setOpen(false);
    }
  };
  return (
    <div class="combo">
      <label class={hideLabel ? "hidden-visually" : "label"} for={id}>
        {label}
      </label>
      <input
        id={id}
        class="input"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        aria-expanded={open && shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && shown[at] ? `${id}-${at}` : undefined}
        aria-invalid={invalid}
        placeholder={placeholder}
        value={typed ?? value}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
          setOpen(true);
          onSearch?.(event.currentTarget.value);
        }}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => {
          setAt(0);
          setOpen(true);
        }}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      {open && shown.length > 0 && (
        <ul class="combo-list" role="listbox" id={`${id}-list`} aria-label={label} ref={list}>
          {shown.map((option, n) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the text field
            <li
              key={option.value}
              id={`${id}-${n}`}
              role="option"
              aria-selected={n === at}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(option.value)}
              onMouseMove={() => setAt(n)}
            >
              <span>{option.value}</span>
              {option.note && <span>{option.note}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
