"""An import contract: what is private to a folder is imported by nobody outside it. It holds for modules not yet
written, so a new module adds no line."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateInsides(Contract):
    """For every direct child F of `containers` and every name N in `private`: F.N is imported only from within F,
    and by the `composers`."""

    containers = fields.ListField(subfield=fields.StringField())
    private = fields.ListField(subfield=fields.StringField())
    composers = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        trespasses = [
            (importer, imported)
            for imported, folder in self._private_modules(graph)
            for importer in sorted(graph.find_modules_that_directly_import(imported))
            if not _within(importer, folder) and not any(_within(importer, one) for one in self.composers or [])
        ]
        return ContractCheck(kept=not trespasses, metadata={"trespasses": trespasses})

    def _private_modules(self, graph: ImportGraph) -> list[tuple[str, str]]:
        found = []
        for container in self.containers:
            for folder in sorted(graph.find_children(container)):
                for name in self.private:
                    inside = f"{folder}.{name}"
                    if inside in graph.modules:
                        found += [(module, folder) for module in {inside} | graph.find_descendants(inside)]
        return found

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["trespasses"]:
            output.print_error(f"{importer} -> {imported}")


def _within(module: str, folder: str) -> bool:
    return module == folder or module.startswith(f"{folder}.")
