// PROTOCOL.md is what clients are written from: its tables must say what the code speaks, no more and no less. The page
// is parsed into one line of text per fact, the generated descriptors into the same, and the two sets are compared.

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "base/pdu.h"
#include "proto/command_of.h"

namespace talkbeat {
namespace {

namespace pb = google::protobuf;

using Facts = std::set<std::string>;

// ---- the page ----

std::vector<std::string> page_lines() {
  std::ifstream page(std::string(TALKBEAT_SOURCE_DIR) + "/PROTOCOL.md");
  std::vector<std::string> lines;
  for (std::string line; std::getline(page, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at = 0; (at = text.find(separator, from)) != std::string::npos; from = at + separator.size()) {
    parts.push_back(text.substr(from, at - from));
  }
  parts.push_back(text.substr(from));
  return parts;
}

/// What stands between the first two backticks.
std::string quoted(const std::string& line) {
  const std::vector<std::string> parts = split(line, "`");
  return parts.size() < 3 ? "" : parts[1];
}

std::string number(const std::string& text) {
  return std::to_string(std::stoul(text, nullptr, 0));
}

struct Page {
  Facts facts;
  size_t enums = 0;
  size_t messages = 0;
  size_t records = 0;
  size_t fields = 0;
};

void add_enum(Page& page, const std::string& name, const std::string& body) {
  ++page.enums;
  for (const std::string& item : split(body, ", ")) {
    const std::vector<std::string> pair = split(item, " = ");
    ASSERT_EQ(pair.size(), 2U) << name << ": " << item;
    page.facts.insert("enum " + name + ": " + pair[0] + " = " + number(pair[1]));
  }
}

void add_fields(Page& page, const std::string& name, const std::string& body) {
  if (body == "(empty)") return;
  for (const std::string& field : split(body, "; ")) {
    ++page.fields;
    ASSERT_TRUE(page.facts.insert("field " + name + ": " + field).second) << name << " has twice: " << field;
  }
}

// "- message `Name` (0x0101): 1 a: uint32; 2 b?: Record"
void add_entry(Page& page, const std::string& package, const std::string& line) {
  const size_t colon = line.find(": ");
  ASSERT_NE(colon, std::string::npos) << line;
  const std::string head = line.substr(0, colon);
  const std::string body = line.substr(colon + 2);
  const std::string name = package + "." + quoted(line);
  if (head.starts_with("- enum ")) return add_enum(page, name, body);
  const size_t open = head.find('(');
  const bool is_message = head.starts_with("- message ");
  ASSERT_EQ(is_message, open != std::string::npos) << "a message has a command id, a record none: " << line;
  ++(is_message ? page.messages : page.records);
  const std::string command = is_message ? number(head.substr(open + 1, 6)) : "0";
  ASSERT_TRUE(page.facts.insert("message " + name + ": command " + command).second) << name << " stands twice";
  add_fields(page, name, body);
}

Page read_page() {
  Page page;
  std::string package;
  for (const std::string& line : page_lines()) {
    if (line.starts_with("### Package `") || line.starts_with("### Enumerations of `")) package = quoted(line);
    for (const char* kind : {"- enum `", "- message `", "- record `"}) {
      if (line.starts_with(kind)) add_entry(page, package, line);
    }
  }
  return page;
}

// ---- the code ----

/// The command of each message type, by full name, from kCommandOf and nothing else.
class Commands {
 public:
  template <class... Messages>
  static std::map<std::string, uint16_t> of() {
    return {{std::string(Messages::descriptor()->full_name()), kCommandOf<Messages>}...};
  }
};

std::map<std::string, uint16_t> login_and_buddy_commands() {
  using namespace IM::Login;
  using namespace IM::Buddy;
  return Commands::of<IMMsgServReq, IMMsgServRsp, IMLoginReq, IMLoginRes, IMLogoutReq, IMLogoutRsp, IMKickUser,
                      IMDeviceTokenReq, IMDeviceTokenRsp, IMKickPCClientReq, IMKickPCClientRsp, IMPushShieldReq,
                      IMPushShieldRsp, IMQueryPushShieldReq, IMQueryPushShieldRsp, IMRecentContactSessionReq,
                      IMRecentContactSessionRsp, IMUserStatNotify, IMUsersInfoReq, IMUsersInfoRsp, IMRemoveSessionReq,
                      IMRemoveSessionRsp, IMAllUserReq, IMAllUserRsp, IMUsersStatReq, IMUsersStatRsp, IMChangeAvatarReq,
                      IMChangeAvatarRsp, IMPCLoginStatusNotify, IMRemoveSessionNotify, IMDepartmentReq, IMDepartmentRsp,
                      IMAvatarChangedNotify, IMChangeSignInfoReq, IMChangeSignInfoRsp, IMSignInfoChangedNotify>();
}

std::map<std::string, uint16_t> message_and_group_commands() {
  using namespace IM::Message;
  using namespace IM::Group;
  return Commands::of<IMMsgData, IMMsgDataAck, IMMsgDataReadAck, IMMsgDataReadNotify, IMClientTimeReq, IMClientTimeRsp,
                      IMUnreadMsgCntReq, IMUnreadMsgCntRsp, IMGetMsgListReq, IMGetMsgListRsp, IMGetLatestMsgIdReq,
                      IMGetLatestMsgIdRsp, IMGetMsgByIdReq, IMGetMsgByIdRsp, IMNormalGroupListReq, IMNormalGroupListRsp,
                      IMGroupInfoListReq, IMGroupInfoListRsp, IMGroupCreateReq, IMGroupCreateRsp,
                      IMGroupChangeMemberReq, IMGroupChangeMemberRsp, IMGroupShieldReq, IMGroupShieldRsp,
                      IMGroupChangeMemberNotify>();
}

std::map<std::string, uint16_t> file_and_other_commands() {
  using namespace IM::File;
  using namespace IM::SwitchService;
  using namespace IM::Other;
  return Commands::of<IMFileLoginReq, IMFileLoginRsp, IMFileState, IMFilePullDataReq, IMFilePullDataRsp, IMFileReq,
                      IMFileRsp, IMFileNotify, IMFileHasOfflineReq, IMFileHasOfflineRsp, IMFileAddOfflineReq,
                      IMFileDelOfflineReq, IMP2PCmdMsg, IMHeartBeat>();
}

std::map<std::string, uint16_t> server_commands() {
  using namespace IM::Server;
  return Commands::of<IMStopReceivePacket, IMValidateReq, IMValidateRsp, IMGetDeviceTokenReq, IMGetDeviceTokenRsp,
                      IMRoleSet, IMOnlineUserInfo, IMMsgServInfo, IMUserStatusUpdate, IMUserCntUpdate, IMServerKickUser,
                      IMServerPCLoginStatusNotify, IMPushToUserReq, IMPushToUserRsp, IMGroupGetShieldReq,
                      IMGroupGetShieldRsp, IMFileTransferReq, IMFileTransferRsp, IMFileServerIPReq, IMFileServerIPRsp,
                      TbGoAway, TbChallenge, TbServerAuth, TbServerAuthResult, TbError, TbRelay, TbSweep, TbPlacesReq,
                      TbPlacesRsp>();
}

std::map<std::string, uint16_t> all_commands() {
  std::map<std::string, uint16_t> all = login_and_buddy_commands();
  all.merge(message_and_group_commands());
  all.merge(file_and_other_commands());
  all.merge(server_commands());
  return all;
}

std::vector<const pb::FileDescriptor*> proto_files() {
  return {IM::BaseDefine::IpAddr::descriptor()->file(),         IM::Login::IMLoginReq::descriptor()->file(),
          IM::Buddy::IMUsersInfoReq::descriptor()->file(),      IM::Message::IMMsgData::descriptor()->file(),
          IM::Group::IMGroupCreateReq::descriptor()->file(),    IM::File::IMFileReq::descriptor()->file(),
          IM::SwitchService::IMP2PCmdMsg::descriptor()->file(), IM::Other::IMHeartBeat::descriptor()->file(),
          IM::Server::IMMsgServInfo::descriptor()->file(),      TbError::descriptor()->file()};
}

std::string type_of(const pb::FieldDescriptor& field) {
  if (field.message_type() != nullptr) return std::string(field.message_type()->name());
  if (field.enum_type() != nullptr) return std::string(field.enum_type()->name());
  return field.type_name();
}

std::string field_fact(const pb::FieldDescriptor& field) {
  const std::string mark = field.is_repeated() ? "*" : field.is_optional() ? "?" : "";
  std::string text = std::to_string(field.number()) + " " + std::string(field.name()) + mark + ": " + type_of(field);
  if (field.has_default_value() && field.enum_type() != nullptr) {
    text += " [default = " + std::string(field.default_value_enum()->name()) + "]";
  }
  return text;
}

void add_message_facts(Facts& facts, const pb::Descriptor& message, const std::map<std::string, uint16_t>& commands) {
  const std::string name(message.full_name());
  const auto command = commands.find(name);
  facts.insert("message " + name + ": command " + std::to_string(command == commands.end() ? 0 : command->second));
  for (int i = 0; i < message.field_count(); ++i) {
    facts.insert("field " + name + ": " + field_fact(*message.field(i)));
  }
}

void add_enum_facts(Facts& facts, const pb::EnumDescriptor& type) {
  for (int i = 0; i < type.value_count(); ++i) {
    const pb::EnumValueDescriptor& value = *type.value(i);
    facts.insert("enum " + std::string(type.full_name()) + ": " + std::string(value.name()) + " = " +
                 std::to_string(value.number()));
  }
}

Facts code_facts() {
  const std::map<std::string, uint16_t> commands = all_commands();
  Facts facts;
  for (const pb::FileDescriptor* file : proto_files()) {
    for (int i = 0; i < file->message_type_count(); ++i) add_message_facts(facts, *file->message_type(i), commands);
    for (int i = 0; i < file->enum_type_count(); ++i) add_enum_facts(facts, *file->enum_type(i));
  }
  return facts;
}

/// The command ids that the enumerations `…CmdID` declare.
std::set<int> declared_commands() {
  std::set<int> ids;
  for (const pb::FileDescriptor* file : proto_files()) {
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const pb::EnumDescriptor& type = *file->enum_type(i);
      if (!std::string(type.name()).ends_with("CmdID")) continue;
      for (int k = 0; k < type.value_count(); ++k) ids.insert(type.value(k)->number());
    }
  }
  return ids;
}

std::string missing(const Facts& from, const Facts& in) {
  std::ostringstream text;
  for (const std::string& fact : from) {
    if (!in.contains(fact)) text << "  " << fact << "\n";
  }
  return text.str();
}

/// The bytes of the block that begins with "```hex NAME"; comments follow two spaces or more.
std::string example(const std::string& name) {
  std::string bytes;
  bool inside = false;
  for (const std::string& line : page_lines()) {
    if (inside && line == "```") break;
    if (inside) {
      std::istringstream hex(line.substr(0, line.find("  ")));
      for (std::string byte; hex >> byte;) bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
    }
    if (line == "```hex " + name) inside = true;
  }
  return bytes;
}

PduHeader header_of(const std::string& pdu) {
  return decode_header(std::as_bytes(std::span(pdu)));
}

TEST(Protocol, page_holds_the_whole_protocol) {
  const Page page = read_page();
  EXPECT_GE(page.enums, 27U);
  EXPECT_GE(page.messages, 102U);
  EXPECT_GE(page.records, 16U);
  EXPECT_GE(page.fields, 400U);
}

TEST(Protocol, page_says_nothing_that_the_code_does_not_speak) {
  EXPECT_EQ(missing(read_page().facts, code_facts()), "") << "^ stands in PROTOCOL.md, and not so in proto/";
}

TEST(Protocol, code_speaks_nothing_that_the_page_does_not_say) {
  EXPECT_EQ(missing(code_facts(), read_page().facts), "") << "^ stands in proto/, and not so in PROTOCOL.md";
}

TEST(Protocol, every_declared_command_has_one_message) {
  const std::set<int> declared = declared_commands();
  std::set<int> used;
  for (const auto& [name, command] : all_commands()) {
    EXPECT_TRUE(used.insert(command).second) << name << " shares its command with another message";
  }
  EXPECT_EQ(used, declared);
  EXPECT_GE(used.size(), 102U);
}

TEST(Protocol, every_command_belongs_to_a_declared_service) {
  for (const auto& [name, command] : all_commands()) {
    const int service = service_of(command);
    EXPECT_TRUE(IM::BaseDefine::ServiceID_IsValid(service) || service == SID_TALKBEAT) << name;
  }
  EXPECT_EQ(service_of(0x0905), 9);
}

TEST(Protocol, records_have_no_command) {
  EXPECT_EQ(kCommandOf<IM::BaseDefine::UserInfo>, 0);
  EXPECT_EQ(kCommandOf<ServerLoad>, 0);
}

// Existing clients know nothing of additions, so none may be required.
void check_fields(const pb::Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    const pb::FieldDescriptor& field = *message.field(i);
    EXPECT_TRUE(field.number() < 100 || field.is_optional()) << std::string(field.full_name()) << " is required";
    EXPECT_FALSE(field.is_packed()) << std::string(field.full_name()) << " is packed";
  }
}

TEST(Protocol, additions_are_optional_and_nothing_is_packed) {
  for (const pb::FileDescriptor* file : proto_files()) {
    for (int i = 0; i < file->message_type_count(); ++i) check_fields(*file->message_type(i));
  }
}

TEST(Protocol, example_login_is_what_the_code_sends) {
  const std::string pdu = example("login");
  ASSERT_EQ(pdu.size(), 67U);
  IM::Login::IMLoginReq login;
  login.set_user_name("alice");
  login.set_password("5ebe2294ecd0e0f08eab7690d2a6ee69");
  login.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  login.set_client_type(IM::BaseDefine::CLIENT_TYPE_WINDOWS);
  login.set_client_version("demo");
  EXPECT_EQ(pdu.substr(kPduHeaderSize), login.SerializeAsString());
  const PduHeader header = header_of(pdu);
  EXPECT_EQ(header.length, pdu.size());
  EXPECT_EQ(header.version, 1);
  EXPECT_EQ(header.service_id, IM::BaseDefine::SID_LOGIN);
  EXPECT_EQ(header.command_id, kCommandOf<IM::Login::IMLoginReq>);
  EXPECT_EQ(header.seq_num, 7);
}

TEST(Protocol, example_heartbeat_is_a_header_alone) {
  const std::string pdu = example("heartbeat");
  ASSERT_EQ(pdu.size(), kPduHeaderSize);
  ASSERT_EQ(kPduHeaderSize, 16U);
  const PduHeader header = header_of(pdu);
  EXPECT_EQ(header.length, 16U);
  EXPECT_EQ(header.service_id, IM::BaseDefine::SID_OTHER);
  EXPECT_EQ(header.command_id, kCommandOf<IM::Other::IMHeartBeat>);
  EXPECT_EQ(header.seq_num, 42);
}

// The header's table: "| 4 | 2 | version | 1 |".
TEST(Protocol, framing_table_fills_the_header) {
  size_t next = 0;
  for (const std::string& line : page_lines()) {
    std::istringstream row(line);
    std::string bar;
    size_t offset = 0;
    size_t size = 0;
    if (!line.starts_with("| ") || !(row >> bar >> offset >> bar >> size)) continue;
    EXPECT_EQ(offset, next) << line;
    next = offset + size;
  }
  EXPECT_EQ(next, kPduHeaderSize);
}

}  // namespace
}  // namespace talkbeat
