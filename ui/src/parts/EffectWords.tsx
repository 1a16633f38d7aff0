// What a change would do to the fires of a schedule, as the service counts it beforehand.
import type { Effect } from "../api/contract.ts";
import { Time } from "./Time.tsx";
import { counted } from "../words/time.ts";
import css from "./parts.module.css";

/** `of`: what the fires were missed by, such as "of the pause". */
export function EffectWords({ effect, of }: { effect: Effect; of: string }) {
  const { runs, skipped, skippedFrom, skippedThrough, nextFireAt } = effect;
  return (
    <ul className={css["list"]}>
      <li>{runs === 0 ? "Nothing runs at once" : `${counted(runs, "fire")} would run at once`}</li>
      <li>
        {skipped === 0
          ? "No fire was missed"
          : `${skipped === null ? "Very many fires" : counted(skipped, "fire")} ${of} would stay skipped`}
        {skippedFrom !== null && skipped !== 0 && (
          <>
            , from <Time at={skippedFrom} />
            {skippedThrough !== null && (
              <>
                {" "}
                to <Time at={skippedThrough} />
              </>
            )}
            ; a backfill can run them
          </>
        )}
      </li>
      <li>
        The next fire would be <Time at={nextFireAt} as="both" none="none" />
      </li>
    </ul>
  );
}
