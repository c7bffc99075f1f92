/** A page of a list, as all lists of the exchange have it. */
export interface Page<Row> {
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/**
 * All rows of a list, page by page as they are read:
 *
 *     for await (const entry of rows((after) => client.query(SearchCatalogue, { after }).then((d) => d.catalogue))) …
 *
 * A list that the viewer may not see is empty.
 */
export async function* rows<Row>(page: (after: string | null) => Promise<Page<Row> | null>): AsyncGenerator<Row, void, undefined> {
  for (let after: string | null = null; ; ) {
    const got: Page<Row> | null = await page(after);
    if (!got) {
      return;
    }
    yield* got.nodes;
    if (!got.pageInfo.hasNextPage || got.pageInfo.endCursor === null) {
      return;
    }
    after = got.pageInfo.endCursor;
  }
}
