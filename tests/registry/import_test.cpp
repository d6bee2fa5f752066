#include "registry/import.hpp"

#include "database.hpp"
#include "support/catch.hpp"

using namespace latchkey;
using registry::Import;
using registry::ImportedDevice;
using test::Database;
using test::Login;

namespace {

ImportedDevice device(std::int64_t line, const std::string& id, std::uint8_t token = 0) {
  ImportedDevice imported;
  imported.line = line;
  imported.device_id = id;
  imported.proof = "token";
  imported.material = crypto::Bytes(32, token);
  imported.config = "{}";
  return imported;
}

Import begun(const Database& database) {
  auto import = Import::begin(database.options(Login::ops));
  REQUIRE(import);
  return *std::move(import);
}

void ignore(std::int64_t) {}

}  // namespace

TEST_CASE("an import enrols what it brought, with an event each by whoever imported", "[import]") {
  Database database;
  auto import = begun(database);
  REQUIRE(import.bring(std::vector{device(2, "m-2"), device(1, "m-3")}));
  REQUIRE(import.problems(10)->empty());
  CHECK(*import.enroll(2, false, ignore) == 2);
  CHECK(database.shown("SELECT device_id, proof FROM registry.enrollment ORDER BY 1") ==
        "m-2|token\nm-3|token");
  const auto me = database.shown("SELECT session_user", Login::ops);
  CHECK(database.shown(
            "SELECT device_id, actor FROM registry.event WHERE action = 'enroll_device' ORDER BY 1") ==
        "m-2|" + me + "\nm-3|" + me);
}

TEST_CASE("what COPY would take for something else arrives as it is, and is refused", "[import]") {
  Database database;
  auto import = begun(database);
  REQUIRE(import.bring(std::vector{device(1, "m-1\tx\n\\.\n\\N")}));
  const auto enrolled = import.enroll(1, false, ignore);
  REQUIRE_FALSE(enrolled);
  CHECK(enrolled.error().what.find("device_id_check") != std::string::npos);
}

TEST_CASE("an import that fails half-way leaves nothing if it is atomic, and whole stretches if it is not",
          "[import]") {
  const bool atomic = GENERATE(true, false);
  Database database;
  auto import = begun(database);
  const std::vector devices = {device(1, "m-1"), device(20'001, "m-2")};
  REQUIRE(import.bring(devices));
  REQUIRE(import.problems(10)->empty());
  // Somebody enrols m-2 otherwise after it was looked at.
  database.run("SELECT registry.enroll_device('m-2', 'token', sha256('another token'))", Login::ops);
  const auto enrolled = import.enroll(20'001, atomic, ignore);
  REQUIRE_FALSE(enrolled);
  CHECK(enrolled.error().what ==
        "the device m-2 is enrolled already, with another key, token or certificate");
  CHECK(database.shown("SELECT device_id FROM registry.enrollment ORDER BY 1") ==
        (atomic ? "m-2" : "m-1\nm-2"));
}

TEST_CASE("one import at a time, and nobody adds to that of another", "[import]") {
  Database database;
  {
    const auto import = begun(database);
    CHECK(database.refusal("SET lock_timeout = '10ms'; SELECT registry.import_begin()", Login::ops).message ==
          "another import is running");
    CHECK(database
              .refusal(
                  "INSERT INTO registry.enrollment_import (line, device_id, proof) VALUES (1, 'x', 'token')",
                  Login::ops)
              .message == "this connection has not begun an import");
    CHECK(database.refusal("SELECT registry.import_enroll(1, 2)", Login::ops).state == "55000");
  }
  // It ended with its connection, and what it brought is forgotten.
  CHECK(Import::begin(database.options(Login::ops)));
}

TEST_CASE("what an import brought is read by nobody", "[import]") {
  Database database;
  for (const Login login : {Login::ops, Login::reader, Login::service})
    CHECK(database.refusal("SELECT material FROM registry.enrollment_import", login).state == "42501");
  CHECK(database.refusal("SELECT registry.import_begin()", Login::reader).state == "42501");
}
