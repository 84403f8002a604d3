import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post, put } from "@/api/call";
import type { User } from "@/api/types";
import { Form } from "@/form/Form";
import type { FieldSpec, Values } from "@/form/types";
import { useDataForm } from "@/form/useDataForm";
import { grouped } from "@/format/money";
import { useGroups } from "@/session";
import { Button } from "@/ui/Button";
import { Drawer, DrawerFoot } from "@/ui/Drawer";
import { Facts } from "@/ui/Facts";
import { SendKeys } from "@/ui/Kbd";
import { Loading } from "@/ui/Loading";
import { Money } from "@/ui/Money";
import { say } from "@/ui/toasts";
import { Role, UserState } from "./columns";
import { More } from "./More";
import { TopUp } from "./TopUp";
import { UserKeys } from "./UserKeys";

export function UserDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const isNew = id === "new";
  const known = useQuery({
    queryKey: ["user", id],
    enabled: !isNew,
    queryFn: () => get<User>(`/api/user/${id}`),
  });
  if (!isNew && !known.data) {
    return (
      <Drawer onClose={onClose} title={t("place.users")}>
        <Loading error={known.error} retry={known.refetch} />
      </Drawer>
    );
  }
  return isNew ? (
    <NewUser onClose={onClose} title={t("user.add")} />
  ) : (
    <KnownUser row={known.data as User} onClose={onClose} />
  );
}

function useChanged(id?: number): () => void {
  const client = useQueryClient();
  return () => {
    client.invalidateQueries({ queryKey: ["list", "/api/user/"] });
    if (id) client.invalidateQueries({ queryKey: ["user", String(id)] });
  };
}

function NewUser({ title, onClose }: { title: string; onClose: () => void }) {
  const { t } = useTranslation();
  const changed = useChanged();
  const fields: FieldSpec[] = [
    {
      name: "username",
      kind: "text",
      label: t("user.username"),
      isRequired: true,
      maxLength: 12,
      help: t("user.nameLength"),
    },
    { name: "display_name", kind: "text", label: t("user.displayName"), maxLength: 20 },
    {
      name: "password",
      kind: "secret",
      label: t("user.password"),
      isRequired: true,
      help: t("login.passwordLength", { least: 8, most: 20 }),
    },
  ];
  const save = async (values: Values) => {
    await post("/api/user/", values);
    changed();
    say("good", t("user.created", { name: String(values.username) }));
  };
  const form = useDataForm(fields, { username: "", display_name: "", password: "" }, save, onClose);
  return (
    <Drawer
      onClose={onClose}
      title={title}
      focusesForm
      footer={
        <DrawerFoot>
          <Save form={form} />
        </DrawerFoot>
      }
    >
      <Form of={form} />
    </Drawer>
  );
}

function Save({ form }: { form: ReturnType<typeof useDataForm> }) {
  const { t } = useTranslation();
  return (
    <Button look="primary" isBusy={form.isBusy} onClick={() => form.submit()}>
      {t("action.save")} <SendKeys />
    </Button>
  );
}

function KnownUser({ row, onClose }: { row: User; onClose: () => void }) {
  const { t } = useTranslation();
  const groups = useGroups();
  const changed = useChanged(row.id);
  const [isToppingUp, setToppingUp] = useState(false);
  const fields: FieldSpec[] = [
    {
      name: "username",
      kind: "text",
      label: t("user.username"),
      width: "half",
      isRequired: true,
      maxLength: 12,
    },
    { name: "display_name", kind: "text", label: t("user.displayName"), width: "half", maxLength: 20 },
    {
      name: "group",
      kind: "choice",
      label: t("user.group"),
      width: "half",
      choices: [...new Set([...groups, row.group])].map((group) => ({ value: group, label: group })),
    },
    {
      name: "quota",
      kind: "money",
      label: t("user.balance"),
      width: "half",
      min: 0,
      help: t("user.balanceSet"),
    },
    { name: "email", kind: "text", label: t("user.email"), maxLength: 50 },
    { name: "password", kind: "secret", label: t("user.password"), placeholder: t("user.passwordKept") },
  ];
  const { username, display_name, group, quota, email } = row;
  const save = async (values: Values, changes: Values) => {
    await put("/api/user/", { ...changes, id: row.id });
    changed();
    say("good", t("user.saved", { name: String(values.username) }));
  };
  const form = useDataForm(fields, { username, display_name, group, quota, email, password: "" }, save);
  return (
    <Drawer
      onClose={onClose}
      title={
        <>
          <span className="truncate">{row.username}</span>
          <span className="font-normal text-base text-muted">
            <UserState row={row} />
          </span>
        </>
      }
      subtitle={
        <>
          <Role role={row.role} /> · #{row.id}
        </>
      }
      footer={
        <DrawerFoot>
          <Save form={form} />
          <Button onClick={() => setToppingUp(true)}>{t("user.topUp")}</Button>
          <Link
            to="/log"
            search={{ username: row.username } as never}
            className="px-2 text-muted hover:text-text"
          >
            {t("user.logs")}
          </Link>
          <More
            row={row}
            changed={changed}
            onGone={() => {
              form.release();
              onClose();
            }}
          />
        </DrawerFoot>
      }
    >
      <div className="mb-4">
        <Facts
          facts={[
            [t("user.balance"), <Money key="balance" quota={row.quota} />],
            [t("user.used"), <Money key="used" quota={row.used_quota} />],
            [t("user.requests"), grouped(row.request_count)],
            [
              t("user.invitedBy"),
              row.inviter_id ? (
                <Link
                  key="by"
                  to="/user"
                  search={{ open: String(row.inviter_id) } as never}
                  className="underline"
                >
                  #{row.inviter_id}
                </Link>
              ) : null,
            ],
          ]}
        />
      </div>
      <Form of={form} />
      <UserKeys user={row} />
      {isToppingUp && (
        <TopUp
          row={row}
          onClose={() => setToppingUp(false)}
          onDone={() => {
            setToppingUp(false);
            changed();
          }}
        />
      )}
    </Drawer>
  );
}
