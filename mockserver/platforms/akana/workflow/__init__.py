"""The workflow engine: reads workflow XML and runs it, without I/O and without knowing what it is run for.

How to use it::

    definition = read(xml, "app-workflow.xml")             # InvalidFile with every problem and its line
    registry = Registry[Subject]()
    registry.add(delete_app_version, authorize_by_role, app_dn)
    env = Env(registry, subject, caller="jane", now=…, inputs={"action.comment": "…"})

    start = choose_initial(definition, "@Create", env)      # NotAvailable says which condition failed
    outcome = initialize(definition, start.id, env)
    available(definition, outcome.instance, env)            # actions, in the vendor's order
    action = choose(definition, outcome.instance, "@Delete", env)
    outcome = perform(definition, outcome.instance, action.id, env)

A call either answers an `Outcome`, or raises and has changed nothing of the instance; what its functions did to
the domain is undone by the world's transaction. Store `outcome.instance` in place of the old one and each row of
`outcome.history` as a document of its own.

- `definition` what a file says; `reader` (with `xml`) reads it; `structure` finds what the original refuses
- `instance` where a run stands; `context` what surrounds a call; `registry` what workflows may name
- `engine` initialize, available, choose, perform; `explain` why an action is available or not
- `vocabulary` (with `arguments`) the vendor's names: what the domain registers and lint knows
- `lint`, `show`, `trace` the tools; `extensions` loads a team's own functions

Semantics are those of OSWorkflow 2.8, which Akana says it uses; where a rule of it is odd, the code says so.
"""
