"""The search of the report: a form that finds passages by words, by who stands where, by menus; and its script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from stance.pages.passages import tags_of
from stance.pages.view import View, largest
from stance.records import STANCES, Prediction

STYLE = """
form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:.8rem 0}
form label{display:flex;flex-direction:column;font-size:.85rem;color:var(--dim);max-width:14rem}
form .words{flex:1 1 18rem;max-width:26rem}
input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.3rem;
padding:.3rem .5rem;max-width:100%}form .tick{flex-direction:row;gap:.4rem;align-items:center}
@media print{form{display:none}}
"""

SCRIPT = r"""
const list=[...document.querySelectorAll('.passage')],form=document.forms[0],out=document.getElementById('count');
const plain=n=>n.toLowerCase().replace(/\./g,'').trim().replace(/^the /,'');
const names=JSON.parse(form.dataset.names).map(([id,...own])=>({id,label:own[0],own:own.map(plain)}));
const said={against:'against',anti:'against',neutral:'neutral',favor:'favor',favour:'favor',pro:'favor'};
const first=/^(?:in )?(against|anti|neutral|favou?r|pro)(?:[\s-]+(?:of|to|towards?))?[\s:=-]+(.+)$/;
const last=/^(.+?)[\s:=,-]+(?:in )?(against|neutral|favou?r)$/;
const arrow=/^(.*?)\s*(?:->|[>→])\s*(.*)$/;
const spoken=/^(.+?) (?:is |in )*(against|anti|favou?r|pro)s?(?: of)? (.+)$/;
const cache=new Map();
const tags=p=>cache.get(p)||(cache.set(p,[new Set(JSON.parse(p.dataset.tags)),p.textContent.toLowerCase()]).get(p));
let picked='';
function actors(words){
const w=plain(words),whole=names.filter(a=>a.own.includes(w));
return whole.length||w.length<3?whole:names.filter(a=>a.own.some(n=>(' '+n).includes(' '+w)))}
function parted(side){
let m=first.exec(side);if(m)return[m[2],said[m[1]]];
m=last.exec(side);return m?[m[1],said[m[2]]]:[side,'']}
function pair(from,to,label){
const tags=from.list.flatMap(a=>to.list.map(b=>'pair:'+a.id+':'+b.id+(label?':'+label:'')));
return{any:[tags],words:'',told:from.told+' → '+to.told+(label?': '+label:'')}}
const side=words=>{const found=words.trim()?actors(words):names;
return{list:found,told:words.trim()?found.map(a=>a.label).join(' or '):'any actor'}};
function asked(text){
const free={any:[],words:text.replace(/^"(.*)"$/,'$1'),told:''};
if(free.words!==text)return free;
let m=arrow.exec(text);
if(m&&(m[1]||m[2])){const[l,a]=parted(m[1]),[r,b]=parted(m[2]),from=side(l),to=side(r);
return from.list.length&&to.list.length?pair(from,to,a||b):free}
const[who,label]=parted(text),found=label?side(who):{list:[]};
if(found.list.length)
return{any:[found.list.map(a=>'stance:'+a.id+':'+label)],words:'',told:'toward '+found.told+': '+label};
m=spoken.exec(text);
if(m){const from=side(m[1]),to=side(m[3]);if(from.list.length&&to.list.length)return pair(from,to,said[m[2]])}
return free}
function apply(){
const query=asked(form.words.value.toLowerCase().trim().replace(/\s+/g,' '));
const menus=[...form.querySelectorAll('select')].map(s=>s.value);
if(form.unsure.checked)menus.push('unsure');if(picked)menus.push(picked);
const wanted=[...menus.filter(Boolean).map(w=>[w]),...query.any];let n=0;
for(const p of list){const[t,text]=tags(p);
p.hidden=!(wanted.every(any=>any.some(w=>t.has(w)))&&(!query.words||text.includes(query.words)));n+=!p.hidden}
for(const s of document.querySelectorAll('section.of'))s.hidden=!s.querySelector('.passage:not([hidden])');
out.textContent=n.toLocaleString('en')+' of '+list.length.toLocaleString('en')+' passages'
+(picked?', showing '+picked.replace(/:/g,' ').replace(/_/g,' '):'')+(query.told?', '+query.told:'')}
function jump(){const h=location.hash;if(!h.startsWith('#show='))return;
form.reset();picked=decodeURIComponent(h.slice(6));apply();document.getElementById('passages').scrollIntoView()}
let wait;form.addEventListener('input',()=>{clearTimeout(wait);wait=setTimeout(apply,120)});
form.addEventListener('submit',e=>{e.preventDefault();apply()});
form.addEventListener('reset',()=>{picked='';if(location.hash.startsWith('#show='))history.replaceState(null,'','#passages');
setTimeout(apply)});
addEventListener('hashchange',jump);form.hidden=false;apply();jump();
"""


def search_form(passages: Sequence[Prediction], view: View) -> list[str]:
    """The heading of the passages, and the form: without a script, which could fill it, it is hidden."""
    total = view.overview.n_passages + view.overview.unread.total()
    return [
        '<h2 id="passages">Passages</h2>',
        _sampled(total, len(passages)) if total > len(passages) else "",
        '<p class="dim">Underlined: an actor, with the stance toward it: − against, · neutral, + favor. At the side: '
        "frames and their probability. ?: unsure.</p>",
        *_examples(view),
        f'<form hidden data-names="{escape(json.dumps(_names(view), ensure_ascii=False))}">'
        '<label class="words">words, or who stands where<input name="words" type="search"></label>'
        f'{_menus(passages, view)}<label class="tick"><input type="checkbox" name="unsure">unsure only</label>'
        '<button type="reset">show all</button></form>',
        '<p id="count" aria-live="polite"></p>',
    ]


def _sampled(total: int, shown: int) -> str:
    return (
        f"<p>Of {total:,} passages the page holds {shown:,}: a random sample, and those named above. The figures above "
        "are of all.</p>"
    )


def _menus(passages: Sequence[Prediction], view: View) -> str:
    tags = list(dict.fromkeys(tag for prediction in passages for tag in tags_of(prediction)))
    menus = [
        ("frame", "frame", [f"frame:{frame}" for frame in view.overview.frame_ids]),
        ("actor", "actor", sorted(tag for tag in tags if tag.startswith("actor:"))),
        ("stance toward any actor", "any", [f"any:{stance}" for stance in STANCES]),
        ("outlet", "source", sorted(tag for tag in tags if tag.startswith("source:"))),
        ("month", "month", sorted(tag for tag in tags if tag.startswith("month:"))),
    ]
    return "".join(
        f'<label>{words}<select name="{kind}"><option value="">any</option>'
        + "".join(f'<option value="{escape(t)}">{escape(view.name(t.partition(":")[2]))}</option>' for t in values)
        + "</select></label>"
        for words, kind, values in menus
        if values
    )


def _names(view: View) -> list[list[str]]:
    """Each actor of the predictions: its id, its label, and what else it may be called in the search."""
    aliases = {actor.id: [name.text for name in actor.aliases] for actor in view.codebook.actors}
    seen = dict.fromkeys([*view.overview.stances, *(actor for pair in view.overview.pairs for actor in pair)])
    return [
        [actor, *dict.fromkeys([view.name(actor), actor, actor.replace("_", " "), *aliases.get(actor, ())])]
        for actor in seen
    ]


def _examples(view: View) -> list[str]:
    """What can be asked, with the actor and the pair that are named most often."""
    actors = [actor for actor, _ in largest(view.overview.stances, 1)]
    pairs = sorted(view.overview.pairs.items(), key=lambda item: -item[1]["against"] - item[1]["favor"])[:1]
    asked = [f"against {view.name(actor)}" for actor in actors]
    asked += [f"{view.name(holder)} > {view.name(target)}" for (holder, target), _ in pairs]
    quoted = " or ".join(f"<q>{escape(text)}</q>" for text in asked)
    return [f'<p class="dim">Ask for words, or for {quoted}.</p>'] if asked else []
