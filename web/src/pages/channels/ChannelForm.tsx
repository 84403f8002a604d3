import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FlaskConical } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post, put, Refusal } from "@/api/call";
import { useProviders } from "@/api/providers";
import type { Channel, ChannelForm as CommonForm, Probe, Provider } from "@/api/types";
import { DeleteRow } from "@/form/DeleteRow";
import { Form } from "@/form/Form";
import type { Values } from "@/form/types";
import { type DataForm, useDataForm } from "@/form/useDataForm";
import { useGroups } from "@/session";
import { Button } from "@/ui/Button";
import { Drawer, DrawerFoot } from "@/ui/Drawer";
import { SendKeys } from "@/ui/Kbd";
import { say } from "@/ui/toasts";
import { AskedModels } from "./AskedModels";
import { channelDocument, formValues } from "./document";
import { channelFields } from "./fields";
import { testUnsaved } from "./probe";
import { Tested, type TestResult } from "./Tested";

interface ChannelFormProps {
  row: Channel | undefined;
  title: ReactNode;
  subtitle: ReactNode;
  onClose: () => void;
}

export function ChannelForm({ row, title, subtitle, onClose }: ChannelFormProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const changed = () => {
    client.invalidateQueries({ queryKey: ["list", "/api/channel/"] });
    if (row) client.invalidateQueries({ queryKey: ["channel", String(row.id)] });
  };
  const save = async (values: Values, changes: Values) => {
    if (row) await put("/api/channel/", channelDocument(changes, row));
    else await post("/api/channel/", channelDocument(values, row));
    changed();
    const count = row
      ? 1
      : String(values.key)
          .split("\n")
          .filter((line) => line.trim()).length;
    say("good", t("channel.saved", { count, name: String(values.name) }));
  };
  const dropped = () => {
    changed();
    form.release();
    onClose();
  };
  const form = useChannelForm(row, save, row ? undefined : onClose);
  const test = useTest(form, row);
  return (
    <Drawer
      onClose={onClose}
      title={title}
      subtitle={subtitle}
      focusesForm={!row}
      footer={
        <DrawerFoot>
          <Button look="primary" isBusy={form.isBusy} onClick={() => form.submit()}>
            {t("action.save")} <SendKeys />
          </Button>
          <Button icon={<FlaskConical aria-hidden />} isBusy={test.isBusy} onClick={() => test.run()}>
            {form.form.formState.isDirty || !row ? t("channel.testBefore") : t("channel.test")}
          </Button>
          {row && (
            <>
              <Link
                to="/log"
                search={{ channel: String(row.id) } as never}
                className="px-1 text-muted hover:text-text"
              >
                {t("channel.logs")}
              </Link>
              <DeleteRow
                path={`/api/channel/${row.id}`}
                question={t("channel.deleteQuestion", { name: row.name })}
                said={t("channel.deleted", { name: row.name })}
                onDeleted={dropped}
              />
            </>
          )}
        </DrawerFoot>
      }
    >
      <Form of={form} before={<Tested result={test.result} />} />
    </Drawer>
  );
}

function useChannelForm(
  row: Channel | undefined,
  save: (values: Values, changes: Values) => Promise<void>,
  onSaved: (() => void) | undefined,
) {
  const { t, i18n } = useTranslation();
  const providers = useProviders();
  const groups = useGroups();
  const form = useDataForm(initialFields, formValues(row), save, onSaved);
  const values = form.form.watch();
  const provider = providers.find((one) => one.type === Number(values.type));
  const { data: common } = useQuery({
    queryKey: ["channel-form", i18n.language],
    queryFn: () => get<CommonForm>("/api/channel/form"),
    staleTime: 60 * 60_000,
  });
  useFilledModels(form, row, provider);
  const known = { t, row, values, provider, providers, groups, form: common };
  const fields = channelFields(known).map((field) =>
    field.name === "models"
      ? { ...field, action: <AskedModels form={form} row={row} provider={provider} /> }
      : field,
  );
  form.use(fields);
  return { ...form, fields };
}

const initialFields: never[] = [];

/** With the vendor come its models, where a new channel has none but those of the vendor that was chosen before. */
function useFilledModels(form: DataForm, row: Channel | undefined, provider: Provider | undefined) {
  const chosen = useRef(provider);
  const { getValues, setValue } = form.form;
  useEffect(() => {
    const before = chosen.current;
    chosen.current = provider;
    if (row || !before || !provider || provider.type === before.type) return;
    const present = String(getValues("models") ?? "");
    if (present === "" || present === before.models.join(","))
      setValue("models", provider.models.join(","), { shouldDirty: true });
  }, [row, provider, getValues, setValue]);
}

function useTest(form: ReturnType<typeof useChannelForm>, row: Channel | undefined) {
  const [isBusy, setBusy] = useState(false);
  const [result, setResult] = useState<TestResult>();
  const run = async () => {
    setBusy(true);
    form.forget();
    setResult(undefined);
    try {
      setResult({ probe: await testUnsaved(channelDocument(form.form.getValues(), row)), error: "" });
    } catch (error) {
      if (error instanceof Refusal && error.field) form.refuse(error);
      else if (error instanceof Refusal)
        setResult({ probe: error.data as Probe | undefined, error: error.message });
      else throw error;
    } finally {
      setBusy(false);
    }
  };
  return { run, isBusy, result };
}
