import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import type { FormField } from "../frames";
import { t } from "../words";

const ADDRESS = { type: "email", autocomplete: "email" } as const;
const TEXT = { type: "text", autocomplete: "on" } as const;

function Field({ field }: { field: FormField }) {
  const id = `field-${field.name}`;
  const shared = { id, name: field.name, required: field.is_required };
  if (field.kind === "consent")
    return (
      <label class="field tick">
        <input type="checkbox" {...shared} value="yes" />
        <span dir="auto">{field.label}</span>
      </label>
    );
  return (
    <div class="field">
      <label for={id} dir="auto">
        {field.label}
        {!field.is_required && <span class="optional"> {t("optional")}</span>}
      </label>
      {field.kind === "choice" ? (
        <select {...shared}>
          <option value="" />
          {field.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input {...shared} {...(field.kind === "email" ? ADDRESS : TEXT)} maxLength={500} dir="auto" />
      )}
    </div>
  );
}

export function Form({ chat }: { chat: Chat }) {
  const form = useRef<HTMLFormElement>(null);
  const { reception } = chat.config.value!;
  useEffect(() => form.current!.querySelector<HTMLElement>("input,select")!.focus({ preventScroll: true }), []);

  function submitted(event: Event): void {
    event.preventDefault();
    const said = [...new FormData(form.current!)].map(([name, value]) => [name, String(value).trim()]);
    chat.answers.give(Object.fromEntries(said.filter(([, value]) => value)));
  }

  return (
    <form class="form" ref={form} onSubmit={submitted} aria-label={t("form")}>
      {reception.form.map((field) => (
        <Field key={field.name} field={field} />
      ))}
      {reception.form_note && (
        <p class="fine" dir="auto">
          {reception.form_note}
        </p>
      )}
      <button class="strong">{t("begin")}</button>
    </form>
  );
}
