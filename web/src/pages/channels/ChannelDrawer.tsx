import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get, put } from "@/api/call";
import { useProviders } from "@/api/providers";
import type { Channel } from "@/api/types";
import { Drawer } from "@/ui/Drawer";
import { Loading } from "@/ui/Loading";
import { Switch } from "@/ui/Switch";
import { say, sayError } from "@/ui/toasts";
import { ChannelForm } from "./ChannelForm";
import { ChannelState, useVendorName } from "./columns";

export function ChannelDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const providers = useProviders();
  const isNew = id === "new";
  const {
    data: row,
    error,
    refetch,
  } = useQuery({
    queryKey: ["channel", id],
    enabled: !isNew,
    queryFn: () => get<Channel>(`/api/channel/${id}`),
  });
  if ((!isNew && !row) || !providers.length) {
    return (
      <Drawer onClose={onClose} title={t(isNew ? "channel.add" : "place.channels")}>
        <Loading error={error} retry={refetch} />
      </Drawer>
    );
  }
  return (
    <ChannelForm
      row={row}
      onClose={onClose}
      title={row ? <Title row={row} /> : t("channel.add")}
      subtitle={row && <Subtitle row={row} />}
    />
  );
}

function Title({ row }: { row: Channel }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const set = async (status: number, isUndo = false) => {
    try {
      await put("/api/channel/", { id: row.id, status });
      client.invalidateQueries({ queryKey: ["list", "/api/channel/"] });
      client.invalidateQueries({ queryKey: ["channel", String(row.id)] });
      const undo = isUndo
        ? undefined
        : { label: t("action.undo"), run: () => set(row.status === 1 ? 1 : 2, true) };
      say("good", t(status === 1 ? "channel.enabledNow" : "channel.disabledNow", { name: row.name }), undo);
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <>
      <span className="truncate">{row.name}</span>
      <span className="shrink-0 font-normal text-base text-muted">
        <ChannelState row={row} />
      </span>
      <Switch
        isOn={row.status === 1}
        label={t(row.status === 1 ? "action.disable" : "action.enable")}
        onChange={(isOn) => set(isOn ? 1 : 2)}
      />
    </>
  );
}

function Subtitle({ row }: { row: Channel }) {
  const { t } = useTranslation();
  const vendorName = useVendorName();
  return (
    <>
      {vendorName(row.type)} · #{row.id}
      {row.status === 3 && row.disabled_evidence && (
        <p className="break-words text-bad">{row.disabled_evidence}</p>
      )}
      {row.guarded && <p>{t("channel.guardedHelp")}</p>}
    </>
  );
}
