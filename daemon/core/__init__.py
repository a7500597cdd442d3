"""The pure core. It imports ``protocol.messages``, numba and numpy, and nothing that talks to the outside.

search_tree   all state of a tree, and the kernels that walk, expand and back up (kernels, elementary: what those may
              do); tree_memory: where its arrays lie; compaction: dropping what is not wanted any more;
              compaction_queue: a step of it at a time
selection     from the cursor to a leaf; gumbel: another choice at the cursor; backup: what an evaluation changes above
              it; backup_parameters, score_utility: what it is weighed with; value_biases: what is wrong with a
              net after a pattern; choice: which move it would play; root_policy: priors of a root; transpositions:
              positions that are met again
collisions    what happens when two searches meet: the rules, speculation; pseudo_visits: leaves in flight; forecast:
              leaves that are likely to be wanted next; many_trees: selections and updates of many trees with one call
session       one game: record, cursor, tree, limits; search_report: what it says of itself; early_end: whether its
              search need not go on; session_state: all of it as frames
sessions      all of them: their clients, cursors and memory; searches: the searches and watches in them, their reports;
              session_admission: sessions for which there is no room yet; admission_queue: who waits, and whose turn is
              next; names: how each is called by whom; guests: whom owners let in
bounds        what clients may make it keep and do; housekeeping: who makes room, and how; storeroom: sessions that
              nobody uses, out of memory; errands: what the shell does for that
tickets       which searcher evaluates which leaves, who is parked where; grants: what is kept of each; gatherer: which
              leaves a batch gets; batch: those leaves and their paths; searcher_history: how long each took; shares:
              who gets leaves next; rechecks: what searchers elsewhere say is checked
scheduler     handle(sender, message, now) -> messages: who may say what, time, and what operators ask; roles: what a
              key allows; peer_registry: who is here; peers: what is known of each; client_requests: what clients ask
              about sessions; searcher_work: what searchers bring; containment: what becomes of an exception; answers:
              what an event sends; config: what an operator says of it
tree_events   what happens to trees inside an event, for a listener; reporting_session: a session that tells it
daemon_status the daemon at one moment; counters: what it counts and times; core_queries: what a person may ask of it
invariants    what always holds
checkpoint    all of it as frames, and back; checkpoint_upgrade: those of earlier versions
"""

from pathlib import Path

from games.kernel_cache import forget_stale_kernels

forget_stale_kernels(Path(__file__).parent)
