import { Copy, Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Legend } from "@/chart/Legend";
import { StackedBars } from "@/chart/StackedBars";
import { Control } from "@/form/Control";
import type { FieldSpec } from "@/form/types";
import { Avatar } from "@/ui/Avatar";
import { Button, type ButtonLook, IconButton } from "@/ui/Button";
import { Checkbox } from "@/ui/Checkbox";
import { Chip } from "@/ui/Chip";
import { Choices } from "@/ui/Choices";
import { Code } from "@/ui/Code";
import { Confirm, Dialog } from "@/ui/Dialog";
import { Empty } from "@/ui/Empty";
import { Facts } from "@/ui/Facts";
import { Field } from "@/ui/Field";
import { Figures } from "@/ui/Figures";
import { Kbd } from "@/ui/Kbd";
import { Loading } from "@/ui/Loading";
import { Markdown } from "@/ui/Markdown";
import { Menu } from "@/ui/Menu";
import { Meter } from "@/ui/Meter";
import { Money } from "@/ui/Money";
import { Note } from "@/ui/Note";
import { Popover } from "@/ui/Popover";
import { Progress } from "@/ui/Progress";
import { Skeleton } from "@/ui/Skeleton";
import { State, type Tone } from "@/ui/State";
import { Switch } from "@/ui/Switch";
import { Tag } from "@/ui/Tag";
import { Time } from "@/ui/Time";
import { say } from "@/ui/toasts";

const LOOKS: ButtonLook[] = ["plain", "primary", "quiet", "danger"];
const TONES: Tone[] = ["good", "warn", "bad", "off", "accent"];
const NOTES = ["plain", "good", "warn", "bad"] as const;
const DAY = 86_400;
const BEGINNING = 1_795_000_000 - (1_795_000_000 % DAY);
const SERIES = ["claude-sonnet-5-5", "gpt-6.1-sol", "qwen3.8-max"].map((name) => ({ key: name, name }));
const FIELDS: FieldSpec[] = [
  { name: "text", kind: "text", label: "text", placeholder: "placeholder" },
  { name: "secret", kind: "secret", label: "secret" },
  { name: "int", kind: "int", label: "int", unit: "ms" },
  { name: "money", kind: "money", label: "money" },
  { name: "time", kind: "time", label: "time" },
  {
    name: "choice",
    kind: "choice",
    label: "choice",
    choices: [
      { value: "a", label: "one" },
      { value: "b", label: "two" },
    ],
  },
  { name: "picker", kind: "picker", label: "picker", choices: [{ value: "a", label: "one", hint: "#1" }] },
  { name: "list", kind: "list", label: "list", suggestions: ["one", "two"], isMono: true },
  { name: "mapping", kind: "mapping", label: "mapping" },
  { name: "long_text", kind: "long_text", label: "long_text" },
];

/** Every component in every state, for those who change them; development only. */
export function Showcase() {
  const [theme, setTheme] = useState<"light" | "dark">("light");
  document.documentElement.dataset.theme = theme;
  return (
    <div className="h-dvh overflow-y-auto px-6 pb-20">
      <div className="sticky top-0 z-10 flex h-11 items-center gap-4 border-line border-b bg-bg">
        <h1 className="font-semibold text-lg">ui</h1>
        <Choices
          label="theme"
          value={theme}
          onChange={setTheme}
          choices={[
            { value: "light", label: "light" },
            { value: "dark", label: "dark" },
          ]}
        />
      </div>
      <Small />
      <Said />
      <Controls />
      <Opening />
      <Drawn />
    </div>
  );
}

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section className="border-line border-b py-5">
      <h2 className="mb-3 text-muted text-sm">{name}</h2>
      <div className="flex flex-wrap items-start gap-3">{children}</div>
    </section>
  );
}

function Small() {
  const [isOn, setOn] = useState(true);
  return (
    <>
      <Part name="Button">
        {LOOKS.map((look) => (
          <span key={look} className="flex gap-2">
            <Button look={look}>{look}</Button>
            <Button look={look} icon={<Plus aria-hidden />}>
              icon
            </Button>
            <Button look={look} isBusy>
              busy
            </Button>
            <Button look={look} disabled>
              disabled
            </Button>
          </span>
        ))}
        <IconButton label="copy">
          <Copy aria-hidden />
        </IconButton>
      </Part>
      <Part name="State, Tag, Chip, Kbd, Avatar">
        {TONES.map((tone) => (
          <State key={tone} tone={tone}>
            {tone}
          </State>
        ))}
        <Tag>default</Tag>
        <Tag isMono onRemove={() => {}} removeLabel="remove">
          gpt-6.1-sol
        </Tag>
        <Chip>off</Chip>
        <Chip isOn>on</Chip>
        <Kbd>⌘K</Kbd>
        <Avatar name="root" />
      </Part>
      <Part name="Switch, Checkbox, Meter, Progress">
        <Switch isOn={isOn} onChange={setOn} label="switch" />
        <Switch isOn={false} onChange={setOn} label="off" />
        <Switch isOn disabled onChange={setOn} label="disabled" />
        <Checkbox isChecked={isOn} onChange={setOn} label="checkbox" />
        <Checkbox isChecked={false} isPartly onChange={setOn} label="partly" />
        <Meter share={0.3} label="30 %" className="w-32" />
        <Meter share={0.9} tone="warn" label="90 %" className="w-32" />
        <Meter share={1} tone="bad" label="100 %" className="w-32" />
        <Progress share={0.6} label="60 %" />
      </Part>
    </>
  );
}

function Said() {
  return (
    <>
      <Part name="Note, toast, Empty, Loading, Skeleton">
        {NOTES.map((tone) => (
          <Note key={tone} tone={tone} className="w-64">
            {tone}: what must be read
          </Note>
        ))}
        <Button onClick={() => say("good", "done", { label: "undo", run: () => {} })}>good</Button>
        <Button onClick={() => say("bad", "it did not work, because …")}>bad</Button>
        <Empty title="Nothing yet" action={<Button look="primary">add</Button>}>
          what would be here
        </Empty>
        <div className="w-64">
          <Loading />
        </div>
        <div className="w-64">
          <Loading error={new Error("away")} />
        </div>
        <Skeleton className="h-8 w-40" />
      </Part>
      <Part name="Code, Markdown, Facts, Money, Time">
        <div className="w-96">
          <Code text={'curl https://api.example.com/v1/models \\\n  -H "Authorization: Bearer sk-…abcd"'} />
        </div>
        <div className="w-96">
          <Markdown text={"**bold**, `code`, [link](https://example.com)\n\n- one\n- two\n\n```\npre\n```"} />
        </div>
        <Facts
          facts={[
            ["name", "value"],
            ["amount", <Money key="m" quota={43_650} />],
            ["time", <Time key="t" at={BEGINNING} />],
          ]}
        />
      </Part>
    </>
  );
}

function Controls() {
  const [values, setValues] = useState<Record<string, unknown>>({ choice: "a", list: "one", money: 500_000 });
  const bound = (name: string) => ({
    name,
    value: values[name],
    onChange: (value: unknown) => setValues((old) => ({ ...old, [name]: value })),
    onBlur: () => {},
    ref: () => {},
  });
  return (
    <Part name="Field and its controls: as they are, and with an error">
      {FIELDS.map((field) => (
        <div key={field.name} className="flex w-72 flex-col gap-3">
          <Field label={field.label} help="help">
            <Control field={field} bound={bound(field.name)} />
          </Field>
          <Field label={field.label} error="what is wrong">
            <Control field={field} bound={bound(field.name)} />
          </Field>
        </div>
      ))}
    </Part>
  );
}

function Opening() {
  const [open, setOpen] = useState<"dialog" | "confirm">();
  return (
    <Part name="Menu, Popover, Dialog, Confirm">
      <Menu
        trigger={<Button>menu</Button>}
        groups={[
          {
            label: "group",
            entries: [
              { label: "entry", hint: "hint", onSelect: () => {} },
              { label: "checked", isChecked: true, onSelect: () => {} },
            ],
          },
          {
            entries: [
              { label: "delete", isDangerous: true, onSelect: () => {} },
              { label: "disabled", isDisabled: true, onSelect: () => {} },
            ],
          },
        ]}
      />
      <Popover trigger={<Button>popover</Button>}>
        <p className="p-2">content</p>
      </Popover>
      <Button onClick={() => setOpen("dialog")}>dialog</Button>
      <Button onClick={() => setOpen("confirm")}>confirm</Button>
      <Dialog
        isOpen={open === "dialog"}
        onClose={() => setOpen(undefined)}
        title="title"
        footer={<Button>act</Button>}
      >
        content
      </Dialog>
      <Confirm
        isOpen={open === "confirm"}
        title="Delete"
        action="Delete"
        isDangerous
        onConfirm={() => setOpen(undefined)}
        onCancel={() => setOpen(undefined)}
      >
        what will happen
      </Confirm>
    </Part>
  );
}

function Drawn() {
  const values = new Map(
    Array.from({ length: 14 }, (_, day) => [
      BEGINNING + day * DAY,
      new Map([
        ...SERIES.map((one, place) => [one.key, (7 + ((day * (place + 3)) % 5)) / (place + 1)] as const),
        ["rest", 1],
      ]),
    ]),
  );
  return (
    <Part name="Figures, StackedBars, Legend">
      <div className="w-full">
        <Figures
          figures={[
            {
              name: "Spend",
              value: "$ 86.42",
              change: { text: "+12 %", isGood: undefined },
              beside: "vs before",
            },
            { name: "Failed", value: "0.31 %", change: { text: "−8 %", isGood: true }, beside: "vs before" },
            {
              name: "First token",
              value: "412 ms",
              change: { text: "+9 %", isGood: false },
              beside: "vs before",
            },
          ]}
        />
      </div>
      <div className="w-full">
        <StackedBars
          values={values}
          series={SERIES}
          start={BEGINNING}
          end={BEGINNING + 14 * DAY}
          stepSeconds={DAY}
          label="chart"
          format={(value) => value.toFixed(2)}
          formatMark={String}
        />
        <Legend series={SERIES} hasOthers isMono />
      </div>
    </Part>
  );
}
