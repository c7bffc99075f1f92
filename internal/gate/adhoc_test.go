package gate
import ("testing";"os";"path/filepath";"strings";"time";"fmt"
"github.com/vektah/gqlparser/v2"
"github.com/vektah/gqlparser/v2/ast"
"github.com/vektah/gqlparser/v2/parser"
)
func TestAdhoc(t *testing.T){
 b,_:=os.ReadFile("/work/shared/design/schema-proposal.graphqls")
 schema:=gqlparser.MustLoadSchema(&ast.Source{Input:string(b)})
 fs,_:=filepath.Glob("/work/shared/design/operations/*.graphql")
 for _,f:=range fs{
  q,_:=os.ReadFile(f)
  doc,err:=parser.ParseQuery(&ast.Source{Input:string(q)}); if err!=nil{t.Fatal(err)}
  if e:=validate(schema,doc);len(e)>0{t.Log(f,e[0])}
  for _,op:=range doc.Operations{
   s,_:=newRuler(doc).selections(op.SelectionSet)
   t.Log(filepath.Base(f),op.Name,s,newPricer(map[string]any{}).selections(op.SelectionSet))
  }
 }
 d:=newDocuments(schema)
 for name,body:=range map[string]string{
  "same": strings.Repeat("id ",1490),
  "conflict": strings.Repeat("a:id a:name ",740),
  "conflictargs": func()string{var b strings.Builder;for i:=range 600{fmt.Fprintf(&b,"a:name(x:%d) ",i)};return b.String()}(),
  "unknown": func()string{var b strings.Builder;for i:=range 1490{fmt.Fprintf(&b,"f%d ",i)};return b.String()}(),
  "nested": strings.Repeat("unit{parent{parent{parent{parent{parent{id}}}}}} ",200),
  "nestedconf": strings.Repeat("unit{parent{parent{parent{parent{parent{a:id}}}}}} unit{parent{parent{parent{parent{parent{a:name}}}}}}",100),
  "frags": strings.Repeat("...F ", 1000),
 }{
  text:="{institution(by:{id:1}){"+body+"}}"
  if name=="frags"{text+=" fragment F on Institution {id}"}
  start:=time.Now(); v:=d.judge(text)
  t.Log(name,len(text),time.Since(start),len(v.refusals)); if len(v.refusals)>0{t.Log(v.refusals[0].Message)}
 }
}
