#include "registry/revocation.hpp"

#include "registry/calls.hpp"

namespace latchkey::registry {

Result<RevocationState> revocation_state(Registry& registry) {
  const auto rows = registry.session().query(
      "SELECT registry.revocation_stamp(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
  if (!rows) return std::unexpected(rows.error());
  return RevocationState{(*rows)[0][0].c_str(), clock_of((*rows)[0][1])};
}

Result<std::vector<RevokedCertificate>> load_revoked(Registry& registry) {
  return read_all<RevokedCertificate>(
      registry.session().query("SELECT serial, revoked_at, issuer FROM registry.load_revoked_2()"),
      revoked_of);
}

}  // namespace latchkey::registry
