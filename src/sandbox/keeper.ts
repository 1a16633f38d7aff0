// Who sees to it that nothing of a child is left: the guard, or this process itself where there is none.

export interface Keeper {
  /** From now on this child ends with the service. */
  child(mark: string, group: number): void;
  /** Ends the child and all that it made; answers the processes that could not be ended. Asked once a mark. */
  end(mark: string, group: number): Promise<number[]>;
  /** The living processes of the child, itself among them. */
  bearers(mark: string): Promise<number[]>;
}
