#include "crypto/pem.hpp"

#include "crypto/openssl.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <climits>

namespace latchkey::crypto {
namespace {

/// Memory that OpenSSL allocated; the destructor wipes it.
struct Allocated {
  Allocated() = default;
  Allocated(const Allocated&) = delete;
  Allocated& operator=(const Allocated&) = delete;
  ~Allocated() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(std::max(size, 0L)));
  }
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

}  // namespace

Result<std::vector<PemBlock>> read_pem(ByteView text) {
  if (text.size() > INT_MAX) return fail(Fault::malformed, "PEM text too long");
  const openssl::Bio source = openssl::reading(text);
  std::vector<PemBlock> blocks;
  for (;;) {
    Allocated block;
    if (PEM_read_bio(source.get(), &block.name, &block.header, &block.data, &block.size) != 1) break;
    blocks.push_back({block.name, Secret(ByteView(block.data, static_cast<std::size_t>(block.size)))});
  }
  const unsigned long stopped_by = ERR_peek_last_error();
  if (ERR_GET_REASON(stopped_by) != PEM_R_NO_START_LINE) {
    return openssl::failed(Fault::malformed, "broken PEM");
  }
  ERR_clear_error();
  return blocks;
}

}  // namespace latchkey::crypto
