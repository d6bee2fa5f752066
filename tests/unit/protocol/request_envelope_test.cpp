// What is decided about a request before, and in spite of, what its members say.

#include "support/catch.hpp"
#include "unit/protocol/fixtures.hpp"

namespace latchkey::protocol {

using namespace fixtures;

TEST_CASE("the first byte tells the encoding, and nothing else is a request") {
  const auto plain = plain_request().dump();
  CHECK(fault_of(plain).empty());
  for (const auto& message :
       {std::string(), " " + plain, "\xEF\xBB\xBF" + plain, "\n" + plain, "[" + plain + "]",
        std::string("null"), " " + jws(jose_header(), signed_request())}) {
    CHECK(fault_of(message) == "request: is neither a JSON object nor a JWS");
  }
}

TEST_CASE("a request is at most 16 KiB") {
  auto text = plain_request().dump();
  text.append(16384 - text.size(), ' ');
  CHECK(fault_of(text).empty());
  CHECK(fault_of(text + " ") == "request: is larger than 16384 bytes");
}

TEST_CASE("the id of the topic is compared byte by byte") {
  const auto decoded =
      decode_request(device("Pump-1"), with(plain_request(), "/device_id", R"("pump-1")").dump());
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().message == "device_id: is not the id of the topic");
}

TEST_CASE("a refusal repeats the request_id where it could be read") {
  const auto id_of = [](const std::string& message) {
    return decode_request(device(), message).error().request_id;
  };
  const auto bad = with(plain_request(), "/credential", "");
  CHECK(id_of(bad.dump()) == request_id);
  CHECK(id_of(jws(jose_header(), with(signed_request(), "/issued_at", "-1"))) == request_id);
  CHECK(id_of(jws(with(jose_header(), "/crit", "[]"), signed_request())) == request_id);
  CHECK(id_of(jws_of_texts("{not json", signed_request().dump())) == request_id);
  CHECK(id_of(R"({"request_id":"5f0c9a1e7b3d4c2a","shiny":[[[[[[[[[[[[)") == request_id);
  CHECK_FALSE(id_of(with(bad, "/request_id", R"("too short")").dump()));
  CHECK_FALSE(id_of(with(bad, "/request_id", "7").dump()));
  CHECK_FALSE(id_of(with(bad, "/request_id", "").dump()));
  CHECK_FALSE(id_of("{"));
}

}  // namespace latchkey::protocol
