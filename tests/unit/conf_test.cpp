// The files in conf/ are what the programs print with --print-config: nobody edits one and forgets the other.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "login_server/config.h"
#include "msg_server/config.h"

namespace talkbeat {
namespace {

void expect_in_step(OptionTable& table, const std::string& name) {
  const std::string path = std::string(TALKBEAT_SOURCE_DIR) + "/conf/" + name;
  std::ifstream file(path);
  ASSERT_TRUE(file.good()) << path;
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::ostringstream printed;
  table.print(printed);
  EXPECT_EQ(text, printed.str()) << "run: make conf";
  const Status status = table.load(path);
  ASSERT_TRUE(status.ok()) << status.message();
  std::ostringstream loaded;
  table.print(loaded);
  EXPECT_EQ(loaded.str(), printed.str());
}

TEST(Conf, msg_server_toml_holds_the_defaults_and_loads) {
  MsgServerConfig config;
  OptionTable table = describe(config);
  expect_in_step(table, "msg_server.toml");
}

TEST(Conf, login_server_toml_holds_the_defaults_and_loads) {
  login::LoginServerConfig config;
  OptionTable table = describe(config);
  expect_in_step(table, "login_server.toml");
}

}  // namespace
}  // namespace talkbeat
