import { FlaskConical, Plus } from "lucide-react";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { put, remove } from "@/api/call";
import { useProviders } from "@/api/providers";
import type { Channel } from "@/api/types";
import { useAddress } from "@/list/address";
import { List } from "@/list/List";
import type { ListSpec } from "@/list/types";
import { begin } from "@/pages/jobs/job";
import { useGroups } from "@/session";
import { Button } from "@/ui/Button";
import { Chip } from "@/ui/Chip";
import { sayError } from "@/ui/toasts";
import { useChannelColumns, useVendorName, WithVendorNames } from "./columns";
import { More } from "./More";

const ChannelDrawer = lazy(() => import("./ChannelDrawer").then((part) => ({ default: part.ChannelDrawer })));
const TestOne = lazy(() => import("./TestOne").then((part) => ({ default: part.TestOne })));
const ChangeMany = lazy(() => import("./ChangeMany").then((part) => ({ default: part.ChangeMany })));
const TestMany = lazy(() => import("./TestMany").then((part) => ({ default: part.TestMany })));
const JobDialog = lazy(() => import("@/pages/jobs/JobDialog").then((part) => ({ default: part.JobDialog })));

export const CHANNELS = "/api/channel/";
const LIVE_SECONDS = 15;
const SHORTCUTS = [
  { status: undefined, name: "all" },
  { status: "1", name: "onlyEnabled" },
  { status: "3", name: "inTrouble" },
] as const;

export function Page() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const [tested, setTested] = useState<Channel[]>();
  const [changed, setChanged] = useState<Channel[]>();
  const updateBalances = useBalanceUpdate();
  const spec = useChannelList(setTested, updateBalances, setChanged);
  const one = tested?.length === 1 ? tested[0] : undefined;
  const close = () => setTested(undefined);
  return (
    <WithVendorNames>
      <List
        spec={spec}
        lead={SHORTCUTS.map(({ status, name }) => (
          <Chip
            key={name}
            isOn={search.status === status}
            onClick={() => change({ status, page: undefined })}
          >
            {t(`channel.${name}`)}
          </Chip>
        ))}
        tools={
          <>
            <Button
              icon={<FlaskConical aria-hidden />}
              onClick={() => setTested([])}
              className="max-md:hidden"
            >
              {t("channel.testAll")}
            </Button>
            <More testAll={() => setTested([])} updateBalances={() => updateBalances([])} />
            <Button look="primary" icon={<Plus aria-hidden />} onClick={() => change({ open: "new" })}>
              {t("channel.add")}
            </Button>
          </>
        }
      />
      {search.open && (
        <Suspense>
          <ChannelDrawer key={search.open} id={search.open} onClose={() => change({ open: undefined })} />
        </Suspense>
      )}
      {changed && (
        <Suspense>
          <ChangeMany rows={changed} onClose={() => setChanged(undefined)} />
        </Suspense>
      )}
      {(tested || search.job) && (
        <Suspense>
          {one && <TestOne channel={one} onClose={close} />}
          {tested && !one && (
            <TestMany
              ids={tested.map((row) => row.id)}
              onClose={close}
              onBegun={(job) => {
                close();
                change({ job });
              }}
            />
          )}
          {search.job && <JobDialog id={search.job} onClose={() => change({ job: undefined })} />}
        </Suspense>
      )}
    </WithVendorNames>
  );
}

/** Ask for the balances of some channels, or with none named of all, as a job that is shown. */
function useBalanceUpdate(): (ids: number[]) => Promise<void> {
  const [, change] = useAddress();
  return useCallback(
    async (ids) => {
      try {
        change({ job: String((await begin("update_balances", { ids })).id) });
      } catch (error) {
        sayError(error);
      }
    },
    [change],
  );
}

/** Give a channel back the state that it had; one that the gateway had disabled stays so by a person. */
function restore(row: Channel): Promise<unknown> {
  return put(CHANNELS, { id: row.id, status: row.status === 1 ? 1 : 2 });
}

function useChannelList(
  test: (channels: Channel[]) => void,
  update: (ids: number[]) => void,
  alter: (channels: Channel[]) => void,
): ListSpec<Channel> {
  const { t } = useTranslation();
  const [, change] = useAddress();
  const columns = useChannelColumns(test);
  const providers = useProviders();
  const vendorName = useVendorName();
  const groups = useGroups();
  return useMemo(
    () => ({
      name: "channels",
      endpoint: CHANNELS,
      columns,
      rowId: (row) => String(row.id),
      rowName: (row) => row.name,
      canSearch: true,
      searchHint: t("channel.search"),
      liveSeconds: LIVE_SECONDS,
      lastDayBy: "channel",
      filters: [
        {
          id: "status",
          shortcuts: SHORTCUTS.flatMap(({ status }) => status ?? []),
          label: t("channel.state"),
          choices: [
            { value: "1", label: t("channel.enabled") },
            { value: "2", label: t("channel.disabled") },
            { value: "3", label: t("channel.autoDisabled") },
          ],
        },
        {
          id: "type",
          label: t("channel.vendor"),
          choices: providers.map(({ type }) => ({ value: String(type), label: vendorName(type) })),
        },
        {
          id: "group",
          label: t("channel.groups"),
          choices: groups.map((group) => ({ value: group, label: group })),
        },
        { id: "model", label: t("channel.model"), isMono: true },
      ],
      bulk: [
        { label: t("action.enable"), run: (row) => put(CHANNELS, { id: row.id, status: 1 }), undo: restore },
        { label: t("action.disable"), run: (row) => put(CHANNELS, { id: row.id, status: 2 }), undo: restore },
        { label: t("channel.change"), runAll: alter },
        { label: t("channel.test"), runAll: test },
        { label: t("channel.updateBalances"), runAll: (rows) => update(rows.map((row) => row.id)) },
        {
          label: t("action.delete"),
          isDangerous: true,
          question: (count) => t("channel.deleteMany", { count }),
          run: (row) => remove(`/api/channel/${row.id}`),
        },
      ],
      empty: {
        title: t("channel.empty"),
        help: t("channel.emptyHelp"),
        action: (
          <Button look="primary" onClick={() => change({ open: "new" })}>
            {t("channel.add")}
          </Button>
        ),
      },
    }),
    [t, change, columns, providers, vendorName, groups, test, update, alter],
  );
}
