#include "msg_server/store/sqlite_database.h"

namespace talkbeat {

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const SqliteOptions& options) {
  auto connection = SqliteConnection::open(options.path, options.create);
  if (!connection.ok()) return Error{connection.message()};
  std::optional<WriteTurnstile> turnstile;
  if (options.path != ":memory:") {
    auto opened = WriteTurnstile::open(options.path + ".turnstile");
    if (!opened.ok()) return Error{opened.message()};
    turnstile = std::move(opened.value());
  }
  std::unique_ptr<SqliteDatabase> database(
      new SqliteDatabase(options, std::move(connection.value()), std::move(turnstile)));
  Status status = database->core_.configure();
  if (!status.ok()) return Error{"cannot use the database " + options.path + ": " + status.message()};
  return database;
}

SqliteDatabase::SqliteDatabase(const SqliteOptions& options, SqliteConnection connection,
                               std::optional<WriteTurnstile> turnstile)
    : core_(options, std::move(connection), std::move(turnstile)) {}

}  // namespace talkbeat
